#include "loader/kernel_symbols.h"

#include <charconv>
#include <optional>

namespace bpftwin {
namespace {

std::string_view next_word(std::string_view& line) {
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

/// "ffffffff81000000 T _stext", perhaps with "\t[module]" behind it.
std::optional<KernelSymbol> symbol_of(std::string_view line) {
    constexpr int hexadecimal = 16;
    const std::string_view number = next_word(line);
    KernelSymbol symbol{};
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), symbol.address, hexadecimal);
    if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
    const std::string_view type = next_word(line);
    symbol.name = next_word(line);
    if (type == "d") symbol.name = symbol.name.substr(0, symbol.name.find(".llvm."));
    return symbol;
}

}  // namespace

void for_each_symbol(std::string_view text, const std::function<void(const KernelSymbol&)>& each) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (const auto symbol = symbol_of(text.substr(0, end))) each(*symbol);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

}  // namespace bpftwin
