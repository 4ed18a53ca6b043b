#include "cli/table.h"

#include <algorithm>
#include <string_view>

namespace bpftwin::cli {
namespace {

std::vector<std::size_t> widths(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> result;
    for (const auto& row : rows) {
        result.resize(std::max(result.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) result[i] = std::max(result[i], row[i].size());
    }
    return result;
}

}  // namespace

std::string Table::text(std::string_view indent) const {
    std::string text;
    auto width = widths(rows_);
    for (const auto& row : rows_) {
        std::string line(indent);
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string space(width[i] - row[i].size(), ' ');
            line += (i < left_ ? row[i] + space : space + row[i]) + "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

}  // namespace bpftwin::cli
