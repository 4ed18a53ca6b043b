// Columns of text, aligned.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace bpftwin::cli {

/// Rows whose columns are as wide as their widest cell; two spaces between them, none at the end.
class Table {
public:
    /// @param left how many columns are aligned to the left; all behind them hold numbers.
    explicit Table(std::size_t left = std::numeric_limits<std::size_t>::max()) : left_(left) {}

    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    /// @param indent before each row.
    [[nodiscard]] std::string text(std::string_view indent = "") const;

private:
    std::size_t left_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace bpftwin::cli
