#include "loader/config.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "fmt/format.h"

namespace bpftwin {
namespace {

constexpr std::string_view tristate_name = "libbpf_tristate";
/// Enumerators of that type.
constexpr std::uint64_t tristate_no = 0, tristate_yes = 1, tristate_module = 2;

/// Numbers of a size that memory has.
bool is_word(std::uint32_t size) { return size == 1 || size == 2 || size == 4 || size == 8; }

std::optional<ConfigForm> integer_form(const BtfType& type) {
    if (type.is_bool)
        return type.size == 1 ? std::optional(ConfigForm{ConfigType::boolean}) : std::nullopt;
    if (!is_word(type.size)) return std::nullopt;
    return ConfigForm{type.size == 1 ? ConfigType::character : ConfigType::integer, type.is_signed};
}

std::optional<ConfigForm> array_form(const Btf& btf, const BtfType& type) {
    const BtfType& element = btf.type(btf.resolve(type.type));
    const auto form = element.kind == BtfKind::int_ ? integer_form(element) : std::nullopt;
    if (type.count == 0 || !form || form->type != ConfigType::character) return std::nullopt;
    return ConfigForm{ConfigType::text};
}

std::optional<ConfigForm> enum_form(const BtfType& type) {
    if (type.name != tristate_name) return std::nullopt;
    if (type.kind == BtfKind::enum_ && type.size != sizeof(std::uint32_t)) return std::nullopt;
    return ConfigForm{ConfigType::tristate};
}

std::unexpected<Error> misfit(std::string_view value, std::string_view wanted,
                              const ConfigForm& form) {
    return fail(fmt::format("the value {} wants a variable of type {}, not {}", value, wanted,
                            name_of(form.type)),
                EINVAL);
}

void put(std::uint64_t number, std::span<std::byte> place) {
    std::memcpy(place.data(), &number, std::min(place.size(), sizeof number));
}

Result<void> store_letter(const ConfigForm& form, std::string_view value,
                          std::span<std::byte> place) {
    const char letter = value.front();
    if (form.type == ConfigType::character)
        return put(static_cast<unsigned char>(letter), place), Result<void>();
    if (form.type == ConfigType::tristate)
        return put(letter == 'y'   ? tristate_yes
                   : letter == 'm' ? tristate_module
                                   : tristate_no,
                   place.first(sizeof(std::uint32_t))),
               Result<void>();
    if (form.type != ConfigType::boolean) return misfit(value, "bool, tristate or char", form);
    if (letter == 'm') return misfit(value, "tristate or char", form);
    put(letter == 'y' ? 1 : 0, place);
    return {};
}

/// Longer texts are cut, as libbpf does.
Result<void> store_text(const ConfigForm& form, std::string_view value,
                        std::span<std::byte> place) {
    if (form.type != ConfigType::text) return misfit(value, "char[]", form);
    if (value.size() < 2 || !value.ends_with('"'))
        return fail(fmt::format("the text {} has no end", value), EINVAL);
    value = value.substr(1, std::min(value.size() - 2, place.size() - 1));
    std::memcpy(place.data(), value.data(), value.size());
    return {};
}

/// As strtoull reads them: decimal, 0x… or 0…; -1 is the largest.
Result<std::uint64_t> parse_number(const std::string& value) {
    char* end = nullptr;
    errno = 0;
    const std::uint64_t number = std::strtoull(value.c_str(), &end, 0);
    if (errno != 0 || end == value.c_str() || *end != '\0')
        return fail(fmt::format("{} is no number, text in quotes, y, n or m", value), EINVAL);
    return number;
}

/// Whether a variable of that size holds the number, which is negative where its top bit is set.
bool holds(const ConfigForm& form, std::size_t size, std::uint64_t number) {
    if (size >= sizeof number) return true;
    const std::size_t bits = size * 8;
    if (form.is_signed) number += std::uint64_t{1} << (bits - 1);
    return number >> bits == 0;
}

}  // namespace

std::string_view name_of(ConfigType type) {
    switch (type) {
        case ConfigType::boolean: return "bool";
        case ConfigType::tristate: return "tristate";
        case ConfigType::character: return "char";
        case ConfigType::integer: return "integer";
        case ConfigType::text: return "char[]";
    }
    bug("a type out of range");
}

std::optional<ConfigForm> config_form(const Btf& btf, std::uint32_t id) {
    const BtfType& type = btf.type(btf.resolve(id));
    if (type.kind == BtfKind::int_) return integer_form(type);
    if (type.kind == BtfKind::array) return array_form(btf, type);
    if (is_enumeration(type.kind)) return enum_form(type);
    return std::nullopt;
}

Result<void> store_number(const ConfigForm& form, std::uint64_t number,
                          std::span<std::byte> place) {
    if (form.type == ConfigType::tristate || form.type == ConfigType::text)
        return misfit(std::to_string(number), "integer, char or bool", form);
    if (form.type == ConfigType::boolean && number > 1)
        return fail(fmt::format("a bool does not hold {}", number), EINVAL);
    if (!holds(form, place.size(), number))
        return fail(fmt::format("{} bytes do not hold {}", place.size(), number), ERANGE);
    put(number, place);
    return {};
}

Result<void> store_config(const ConfigForm& form, std::string_view value,
                          std::span<std::byte> place) {
    const char first = value.empty() ? '\0' : value.front();
    if (first == 'y' || first == 'n' || first == 'm') return store_letter(form, value, place);
    if (first == '"') return store_text(form, value, place);
    auto number = parse_number(std::string(value));
    if (!number) return std::unexpected(number.error());
    if (form.type == ConfigType::boolean) return misfit(value, "integer or char", form);
    return store_number(form, *number, place);
}

Result<void> for_each_config(
    std::string_view text,
    const std::function<Result<void>(std::string_view name, std::string_view value)>& each) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto sign = line.find('=');
        const bool sets = sign != line.npos && sign + 1 < line.size();
        if (!sets && line.starts_with("CONFIG_"))
            return fail(fmt::format("the line \"{}\" sets nothing", line), EINVAL);
        if (!sets || line.starts_with('#')) continue;
        if (auto done = each(line.substr(0, sign), line.substr(sign + 1)); !done) return done;
    }
    return {};
}

}  // namespace bpftwin
