// Strings in maps that programs cannot change (kernel: check_reg_const_str,
// check_bpf_snprintf_call).
#include <optional>
#include <string>

#include "helpers/format_spec.h"
#include "verifier/analysis.h"

namespace bpftwin::verifier {
namespace {

/// Whether the kernel takes the format for that many arguments (bpf_bprintf_prepare).
bool is_format(std::string_view format, std::uint64_t arguments) {
    FormatReader reader(format);
    while (!reader.at_end()) {
        const auto piece = reader.next(arguments != 0);
        if (!piece) return false;
        if (piece->spec) --arguments;
    }
    return true;
}

}  // namespace

bool Analysis::check_constant_string(unsigned number) {
    const Reg& pointer = reg(number);
    const Map& map = map_of(pointer);
    if (!map.is_constant()) return reject(EACCES, "R{} does not point to a readonly map'", number);
    if (!pointer.num.is_const()) return reject(EACCES, "R{} is not a constant address'", number);
    if (!map.has_direct_values())
        return reject(EACCES, "no direct value access support for this map type");
    const auto size = static_cast<int>(map.spec->value_size);
    if (!check_map_value(number, pointer.off, size - pointer.off, false, false)) return false;
    return constant_string(pointer) || reject(EINVAL, "string is not zero-terminated");
}

/// The string that a checked pointer points to, nothing: it has no end.
std::optional<std::string> Analysis::constant_string(const Reg& pointer) const {
    const MapSpec& map = *map_of(pointer).spec;
    std::string text;
    for (auto i = static_cast<std::size_t>(pointer.off) + pointer.num.var_off.value;
         i < map.value_size; ++i) {
        if (i >= map.contents.size() || map.contents[i] == std::byte{0}) return text;
        text += static_cast<char>(map.contents[i]);
    }
    return {};
}

bool Analysis::check_format() {
    constexpr unsigned format = 3, size = 5;
    constexpr std::uint64_t argument_size = 8;
    const std::uint64_t bytes = reg(size).num.var_off.value;
    if (bytes % argument_size != 0) return reject(EINVAL, "");
    const auto text = constant_string(reg(format));
    return (text && is_format(*text, bytes / argument_size)) ||
           reject(EINVAL, "Invalid format string");
}

}  // namespace bpftwin::verifier
