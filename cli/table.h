// Columns of text, aligned.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bpftwin::cli {

/// Rows whose columns are as wide as their widest cell; two spaces between them, none at the end.
class Table {
public:
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    /// @param indent before each row.
    [[nodiscard]] std::string text(std::string_view indent = "") const;

private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace bpftwin::cli
