#include "cli/skeleton.h"

#include <cctype>
#include <optional>

#include "bpftwin/edit.h"
#include "btf/btf.h"
#include "btf/cpp_types.h"
#include "fmt/format.h"
#include "helpers/maps/type_info.h"

namespace bpftwin::cli {
namespace {

/// A member of one of the class's groups: its type, and what its constructor gets.
struct Field {
    std::string type, name, arguments;
};

/// "data_numbers" as the name of a type: "DataNumbers".
std::string camel(std::string_view name) {
    std::string text;
    bool is_first = true;
    for (char c : name) {
        if (c != '_') text += is_first ? static_cast<char>(std::toupper(c)) : c;
        is_first = c == '_';
    }
    return text;
}

/// As a string literal. Octal digits are three, so what follows cannot continue them.
std::string bytes_literal(ByteView bytes) {
    constexpr std::size_t per_line = 96;
    std::string text = "\n        \"";
    std::size_t column = 0;
    for (std::byte byte : bytes) {
        const auto c = std::to_integer<unsigned char>(byte);
        const bool is_plain = c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '?';
        const std::size_t before = text.size();
        text += is_plain ? std::string(1, static_cast<char>(c)) : fmt::format("\\{:03o}", c);
        column += text.size() - before;
        if (column >= per_line) text += "\"\n        \"";
        if (column >= per_line) column = 0;
    }
    return text + '"';
}

std::string literal(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return '"' + out + '"';
}

bool is_per_cpu(MapType type) {
    const MapTypeInfo* info = map_type_info(type);
    return info != nullptr && info->per_cpu;
}

class SkeletonWriter {
public:
    SkeletonWriter(const ObjectSpec& object, const SkeletonInput& input)
        : object_(object),
          input_(input),
          class_(CppScope().take(input.name.empty() ? object.name : input.name)) {
        if (object.btf) types_.emplace(*object.btf, fmt::format("::{}_types::", class_));
        // Names of the class itself and of what it inherits.
        for (std::string_view taken :
             {std::string_view(class_), std::string_view("open"), std::string_view("load"),
              std::string_view("make_ready"), std::string_view("spec"),
              std::string_view("instance"), std::string_view("state"), std::string_view("image")})
            members_.take(taken);
    }

    Result<std::string> write() {
        if (auto found = records(); !found) return std::unexpected(found.error());
        group("maps", "The maps by name.", maps());
        group("programs", "The programs by name.", programs());
        for (const MapSpec& map : object_.maps)
            if (map.is_data())
                group(map.section.substr(1), "Variables of " + map.section + ".", variables(map));
        if (types_ && types_->is_full())
            return fail(object_.name + ": the types of its maps and globals are too much");
        return header();
    }

private:
    Result<void> records() {
        for (const std::string& record : input_.records) {
            const auto id = find_type(record);
            if (!id)
                return fail(fmt::format(
                    "--record {}: no such struct, union, enum or typedef in the object", record));
            if (types_->value(*id, record).empty())
                return fail(fmt::format("--record {}: a type without a size", record));
        }
        return {};
    }

    [[nodiscard]] std::optional<std::uint32_t> find_type(std::string_view name) const {
        if (!object_.btf) return std::nullopt;
        for (BtfKind kind : {BtfKind::struct_, BtfKind::union_, BtfKind::enum_, BtfKind::enum64,
                             BtfKind::typedef_})
            if (const auto id = object_.btf->find(name, kind)) return id;
        return std::nullopt;
    }

    /// The C++ type of `size` bytes in a map: by BTF, or bytes.
    std::string type_of(std::uint32_t id, std::uint32_t size, const std::string& hint) {
        const bool is_typed = types_ && id != 0 && object_.btf->size_of(id) == size;
        std::string type = is_typed ? types_->value(id, hint) : "";
        if (!type.empty()) return type;
        return size == 0 ? "bpftwin::Bytes" : fmt::format("std::array<std::byte, {}>", size);
    }

    std::vector<Field> maps() {
        std::vector<Field> fields;
        CppScope names;
        for (const MapSpec& map : object_.maps) {
            if (map.is_data()) continue;
            const std::string key = type_of(map.btf_key_type_id, map.key_size, map.name + "_key");
            const std::string value =
                type_of(map.btf_value_type_id, map.value_size, map.name + "_value");
            fields.push_back({fmt::format("bpftwin::skeleton::Map<{}, {}{}>", key, value,
                                          is_per_cpu(map.type) ? ", true" : ""),
                              names.take(map.name), fmt::format("state(), {}", literal(map.name))});
        }
        return fields;
    }

    std::vector<Field> programs() {
        std::vector<Field> fields;
        CppScope names;
        for (const ProgramSpec& program : object_.programs)
            fields.push_back({"bpftwin::skeleton::Program", names.take(program.name),
                              fmt::format("state(), {}", literal(program.name))});
        return fields;
    }

    std::vector<Field> variables(const MapSpec& map) {
        std::vector<Field> fields;
        CppScope names;
        for (const GlobalVariable& global : globals_of(object_, map)) {
            const std::string type = type_of(global.type_id, global.size, std::string(global.name));
            if (global.size == 0) continue;
            fields.push_back(
                {fmt::format("bpftwin::skeleton::Global<{}>", type), names.take(global.name),
                 fmt::format("bpftwin::skeleton::Section(state(), {}), {}, {}",
                             literal(map.section), literal(global.name), global.offset)});
        }
        return fields;
    }

    /// A member function `name` that returns a struct of all fields.
    void group(std::string_view name, std::string_view what, const std::vector<Field>& fields) {
        if (fields.empty()) return;
        const std::string function = members_.take(name), type = members_.take(camel(function));
        std::string list, values;
        for (const Field& field : fields) {
            list += fmt::format("        {} {};\n", field.type, field.name);
            values += fmt::format("            {{{}}},\n", field.arguments);
        }
        groups_ += fmt::format(
            "\n    /// {}\n    struct {} {{\n{}    }};\n"
            "    {} {}() {{\n        return {{\n{}        }};\n    }}\n",
            what, type, list, type, function, values);
    }

    [[nodiscard]] std::string header() const {
        return fmt::format(
            "// {0} as C++, made by `bpftwin gen skeleton`: make it again instead of editing it.\n"
            "#pragma once\n\n"
            "#include \"bpftwin/skeleton.h\"\n\n"
            "#pragma GCC diagnostic push\n"
            "#pragma GCC diagnostic ignored \"-Wpedantic\"\n\n"
            "/// Types of maps and globals, laid out as in the object.\n"
            "namespace {1}_types {{\n\n{2}}}  // namespace {1}_types\n\n"
            "class {1} : public bpftwin::Skeleton {{\n"
            "public:\n"
            "    static bpftwin::Result<{1}> open() {{\n"
            "        auto object = bpftwin::load_elf(std::as_bytes(std::span(image, {3})), {4});\n"
            "        if (!object) return std::unexpected(object.error());\n"
            "        return {1}(std::move(*object));\n"
            "    }}\n{5}\n"
            "private:\n"
            "    using bpftwin::Skeleton::Skeleton;\n\n"
            "    static constexpr char image[] ={6};\n"
            "}};\n\n"
            "#pragma GCC diagnostic pop\n",
            input_.source, class_, types_ ? types_->definitions() : "", input_.image.size(),
            literal(object_.name + ".o"), groups_, bytes_literal(input_.image));
    }

    const ObjectSpec& object_;
    const SkeletonInput& input_;
    std::string class_;
    std::optional<CppTypes> types_;  ///< None without BTF.
    CppScope members_;
    std::string groups_;
};

}  // namespace

Result<std::string> skeleton_header(const ObjectSpec& object, const SkeletonInput& input) {
    return SkeletonWriter(object, input).write();
}

}  // namespace bpftwin::cli
