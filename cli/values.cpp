#include "cli/values.h"

#include <cstring>

#include "bpftwin/edit.h"
#include "btf/btf.h"
#include "btf/format.h"
#include "cli/hex.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

constexpr std::string_view hex_prefix = "hex:";

Result<Bytes> exactly(Bytes bytes, std::uint32_t size) {
    if (bytes.size() == size) return bytes;
    return fail(fmt::format("{} bytes given, {} needed", bytes.size(), size));
}

std::string size_text(std::uint32_t size) {
    return fmt::format("{} byte{}", size, size == 1 ? "" : "s");
}

bool holds_maps(MapType type) {
    return type == MapType::array_of_maps || type == MapType::hash_of_maps;
}

}  // namespace

ValueType key_type(const ObjectSpec& object, const MapSpec& map) {
    return {object.btf.get(), map.btf_key_type_id, map.key_size};
}

ValueType value_type(const ObjectSpec& object, const MapSpec& map) {
    return {object.btf.get(), map.btf_value_type_id, map.value_size};
}

std::string type_name(const ValueType& type) {
    return type.has_btf() ? declaration(*type.btf, type.id, "") : "";
}

Result<Bytes> parse_typed(const ValueType& type, std::string_view text) {
    if (text.starts_with(hex_prefix)) {
        auto bytes = parse_hex(text.substr(hex_prefix.size()));
        return bytes ? exactly(std::move(*bytes), type.size) : bytes;
    }
    if (type.has_btf()) {
        auto bytes = parse_value(*type.btf, type.id, text);
        return bytes ? exactly(std::move(*bytes), type.size) : bytes;
    }
    if (type.size == 0 && (text.empty() || text == "-")) return Bytes();
    if (type.size >= 1 && type.size <= 8) return integer_bytes(text, type.size);
    return fail(fmt::format("'{}': without BTF give hex: and {}", text, size_text(type.size)));
}

std::string typed_text(const ValueType& type, ByteView value) {
    return type.has_btf() ? format_value(*type.btf, type.id, value) : hex(value);
}

Json typed_json(const ValueType& type, ByteView value) {
    Json json = {{"hex", hex(value, "")}};
    if (type.has_btf()) json["value"] = json_value(*type.btf, type.id, value);
    return json;
}

std::string_view target_name(const ObjectSpec& object, const MapSpec& map, ByteView value) {
    std::uint32_t id = 0;
    if (value.size() != sizeof(id)) return {};
    std::memcpy(&id, value.data(), sizeof(id));
    if (id == 0) return {};
    if (map.type == MapType::prog_array && id <= object.programs.size()) {
        return object.programs[id - 1].name;
    }
    if (holds_maps(map.type) && id <= object.maps.size()) return object.maps[id - 1].name;
    return {};
}

std::vector<Global> globals(const ObjectSpec& object, const MapSpec& map) {
    std::vector<Global> result;
    for (const GlobalVariable& global : globals_of(object, map))
        result.push_back(
            {global.name, global.offset, {object.btf.get(), global.type_id, global.size}});
    return result;
}

}  // namespace bpftwin::cli
