#include "cli/events.h"

#include "btf/btf.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

constexpr BtfKind named_kinds[] = {BtfKind::struct_, BtfKind::union_, BtfKind::typedef_,
                                   BtfKind::enum_,   BtfKind::enum64, BtfKind::int_};

std::string_view without_keyword(std::string_view name) {
    for (std::string_view keyword : {"struct ", "union ", "enum "}) {
        if (name.starts_with(keyword)) return name.substr(keyword.size());
    }
    return name;
}

Result<ValueType> named_type(const ObjectSpec& object, std::string_view name) {
    if (object.btf == nullptr) return fail("the object has no BTF");
    for (BtfKind kind : named_kinds) {
        auto id = object.btf->find(without_keyword(name), kind);
        if (!id) continue;
        auto size = static_cast<std::uint32_t>(object.btf->size_of(*id).value_or(0));
        return ValueType{object.btf.get(), *id, size};
    }
    return fail(
        fmt::format("no type '{}' in the object's BTF (bpftwin btf lists its types)", name));
}

}  // namespace

Result<EventTypes> EventTypes::parse(const ObjectSpec& object,
                                     std::span<const std::string> arguments) {
    EventTypes types;
    for (const std::string& argument : arguments) {
        std::size_t equals = argument.find('=');
        std::string map = equals == std::string::npos ? "" : argument.substr(0, equals);
        auto type = named_type(object, argument.substr(equals + 1));
        if (!type) return std::unexpected(type.error().in("--event " + argument));
        if (!map.empty() && object.map(map) == nullptr) {
            return fail(fmt::format("--event {}: no map '{}'", argument, map));
        }
        types.by_map_[map] = *type;
    }
    return types;
}

ValueType EventTypes::of(const std::string& map) const {
    auto found = by_map_.find(map);
    if (found == by_map_.end()) found = by_map_.find("");
    return found == by_map_.end() ? ValueType() : found->second;
}

}  // namespace bpftwin::cli
