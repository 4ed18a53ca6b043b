// Values of a kernel's configuration as programs read them (`__kconfig`), by libbpf's rules for
// types and ranges.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "bpftwin/error.h"
#include "btf/btf.h"

namespace bpftwin {

/// Section and map of the values.
inline constexpr std::string_view config_section = ".kconfig";

/// What a program may declare a value as.
enum class ConfigType : std::uint8_t { boolean, tristate, character, integer, text };
/// "bool", "tristate", …
std::string_view name_of(ConfigType type);

/// How a value stands in memory.
struct ConfigForm {
    ConfigType type;
    bool is_signed = false;
};

/// The form of a variable of that type, or nothing for types that no value fits.
std::optional<ConfigForm> config_form(const Btf& btf, std::uint32_t id);

/// Stores a value as a configuration writes it: y, n, m, "text" or a number.
/// @param place all bytes of the variable; they are zero before.
/// @return an Error where the type or size does not fit the value.
Result<void> store_config(const ConfigForm& form, std::string_view value,
                          std::span<std::byte> place);

/// Stores a number that no configuration writes but libbpf makes up (LINUX_…).
Result<void> store_number(const ConfigForm& form, std::uint64_t number, std::span<std::byte> place);

/// Calls `each` with name and value of every line "NAME=VALUE", in order; comments are skipped.
/// @return the first Error of `each`, or of a line that begins with CONFIG_ and sets nothing.
Result<void> for_each_config(
    std::string_view text,
    const std::function<Result<void>(std::string_view name, std::string_view value)>& each);

}  // namespace bpftwin
