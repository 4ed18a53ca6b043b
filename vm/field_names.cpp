#include "vm/field_names.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "btf/btf.h"
#include "btf/near_names.h"
#include "fmt/format.h"
#include "vm/context.h"

namespace bpftwin {
namespace {

constexpr std::string_view data_loc_prefix = "__data_loc_";

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// The number behind "offset:" in "…; offset:8; …".
std::optional<std::uint32_t> number_behind(std::string_view line, std::string_view word) {
    const auto at = line.find(word);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = line.substr(at + word.size());
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    return error == std::errc{} ? std::optional(value) : std::nullopt;
}

/// "field:__data_loc char[] filename; offset:8; size:4; signed:0;"
Result<RecordField> parse_line(std::string_view line) {
    constexpr std::string_view prefix = "field:";
    const auto offset = number_behind(line, "offset:"), size = number_behind(line, "size:");
    const std::string_view declaration =
        trimmed(line.substr(prefix.size(), line.find(';') - prefix.size()));
    const auto space = declaration.find_last_of(" \t*");
    if (!offset || !size || space == std::string_view::npos)
        return fail(fmt::format("'{}' is no field of a tracepoint's format", line), EINVAL);
    std::string_view name = declaration.substr(space + 1);
    const auto bracket = name.find('[');
    return RecordField{std::string(name.substr(0, bracket)), *offset, *size,
                       bracket != std::string_view::npos, declaration.starts_with("__data_loc ")};
}

std::vector<RecordField> fields_of(const Btf& btf, std::uint32_t id) {
    std::vector<RecordField> fields;
    for (const BtfMember& member : btf.members(btf.type(id))) {
        const auto size = btf.size_of(member.type).value_or(0);
        const bool is_array = btf.kind(btf.resolve(member.type)) == BtfKind::array;
        const bool is_data_loc = member.name.starts_with(data_loc_prefix);
        const std::string_view name =
            is_data_loc ? member.name.substr(data_loc_prefix.size()) : member.name;
        if (member.bitfield_size == 0 && !name.empty())
            fields.push_back({std::string(name), member.bit_offset / 8,
                              static_cast<std::uint32_t>(size), is_array, is_data_loc});
    }
    return fields;
}

/// The struct that the program's first parameter points to.
std::optional<std::uint32_t> own_struct(const ProgramSpec& program, const Btf& btf) {
    if (program.func_info.empty()) return std::nullopt;
    const BtfType& function = btf.type(program.func_info.front().type_id);
    const BtfType& prototype = btf.type(function.type);
    if (btf.params(prototype).empty()) return std::nullopt;
    const BtfType& pointer = btf.type(btf.resolve(btf.params(prototype)[0].type));
    const std::uint32_t id = btf.resolve(pointer.type);
    if (pointer.kind != BtfKind::ptr || btf.kind(id) != BtfKind::struct_) return std::nullopt;
    return id;
}

/// The kernel's struct of a tracepoint "sched/sched_switch"; those of system calls share two.
std::optional<std::uint32_t> kernel_struct(const ProgramSpec& program, const Btf& kernel) {
    const auto slash = program.attach_target.find('/');
    if (program.type != ProgType::tracepoint || slash == std::string::npos) return std::nullopt;
    std::string_view event = std::string_view(program.attach_target).substr(slash + 1);
    for (const std::string_view shared : {"sys_enter", "sys_exit"})
        if (program.attach_target.starts_with("syscalls/") && event.starts_with(shared))
            event = shared;
    return kernel.find(fmt::format("trace_event_raw_{}", event), BtfKind::struct_);
}

/// Rewrites the fields of one run.
class Resolver {
public:
    explicit Resolver(const std::vector<RecordField>& record) : record_(record) {
        for (const RecordField& field : record)
            end_ = std::max(end_, (field.offset + field.size + 7) / 8 * 8);
    }

    Result<void> add(const ContextField& field) {
        const auto element = split(field.name);
        const auto known = std::ranges::find(record_, element.name, &RecordField::name);
        if (known == record_.end()) return unknown(field);
        if (field.memory && known->is_data_loc) return add_data(*known, *field.memory);
        if (field.memory && known->is_array) return add_bytes(*known, *field.memory);
        return add_number(*known, field, element.index);
    }
    std::vector<ContextField> take() { return std::move(result_); }

private:
    struct Element {
        std::string_view name;
        std::optional<std::uint32_t> index;
    };
    /// "args[1]" as name and index.
    static Element split(std::string_view name) {
        const auto bracket = name.find('[');
        if (bracket == std::string_view::npos) return {name, std::nullopt};
        return {name.substr(0, bracket), number_behind(name, "[")};
    }

    /// A name that is none of the record's: of the form "u32[8]", or a mistake.
    Result<void> unknown(const ContextField& field) {
        const auto bracket = field.name.find('[');
        const std::string type = field.name.substr(0, bracket);
        if (record_.empty() || (bracket != std::string::npos && (type == "u8" || type == "u16" ||
                                                                 type == "u32" || type == "u64"))) {
            result_.push_back(field);
            return {};
        }
        std::vector<std::string_view> names;
        for (const RecordField& one : record_) names.push_back(one.name);
        return fail(fmt::format("no field \"{}\" in the context; {}", field.name,
                                suggestion(field.name, names, "its fields are", "it has none")),
                    EINVAL);
    }

    Result<void> add_number(const RecordField& known, const ContextField& field,
                            std::optional<std::uint32_t> index) {
        constexpr std::uint32_t word = 8;
        const std::uint32_t size = known.is_array ? std::min(known.size, word) : known.size;
        const std::uint32_t offset = known.offset + index.value_or(0) * size;
        const bool inside = offset + size <= known.offset + known.size;
        if (!inside || (size != 1 && size != 2 && size != 4 && size != 8))
            return fail(fmt::format("field {} of {} bytes is no number", field.name, known.size),
                        EINVAL);
        ContextField named = field;
        named.name = fmt::format("u{}[{}]", size * 8, offset);
        result_.push_back(std::move(named));
        return {};
    }

    Result<void> add_bytes(const RecordField& known, const Bytes& bytes) {
        // The zero behind a text may be cut off, as the kernel's own copies are filled up.
        const std::size_t text =
            bytes.empty() || bytes.back() != std::byte{0} ? bytes.size() : bytes.size() - 1;
        if (text > known.size)
            return fail(fmt::format("{} bytes do not fit field {} of {} bytes", text, known.name,
                                    known.size),
                        EINVAL);
        put(known.offset, ByteView(bytes).first(std::min<std::size_t>(bytes.size(), known.size)));
        return {};
    }

    Result<void> add_data(const RecordField& known, const Bytes& bytes) {
        result_.push_back({fmt::format("u32[{}]", known.offset), bytes.size() << 16 | end_});
        put(end_, bytes);
        end_ += static_cast<std::uint32_t>(bytes.size());
        return {};
    }

    void put(std::uint32_t offset, ByteView bytes) {
        for (const std::byte byte : bytes)
            result_.push_back(
                {fmt::format("u8[{}]", offset++), std::to_integer<std::uint64_t>(byte)});
    }

    const std::vector<RecordField>& record_;
    std::uint32_t end_ = 0;  ///< Of the record with what was appended.
    std::vector<ContextField> result_;
};

}  // namespace

Result<std::vector<RecordField>> parse_format(std::string_view text) {
    std::vector<RecordField> fields;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!line.starts_with("field:")) continue;
        auto field = parse_line(line);
        if (!field) return std::unexpected(field.error());
        fields.push_back(std::move(*field));
    }
    if (fields.empty()) return fail("no line of it is a field of a tracepoint's format", EINVAL);
    return fields;
}

std::vector<RecordField> record_fields(const ProgramSpec& program, const Btf* object,
                                       const Btf* kernel) {
    if (object)
        if (const auto id = own_struct(program, *object)) return fields_of(*object, *id);
    if (kernel)
        if (const auto id = kernel_struct(program, *kernel)) return fields_of(*kernel, *id);
    return {};
}

Result<void> resolve_fields(std::vector<ContextField>& fields, ProgType type,
                            const std::vector<RecordField>& record) {
    if (!context_layout(type).is_bytes() || fields.empty()) return {};
    Resolver resolver(record);
    for (const ContextField& field : fields)
        if (auto added = resolver.add(field); !added) return added;
    fields = resolver.take();
    return {};
}

}  // namespace bpftwin
