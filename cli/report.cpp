#include "cli/report.h"

#include <cstring>

#include "fmt/format.h"
#include "vm/context.h"
#include "vm/return_names.h"

namespace bpftwin::cli {
namespace {

std::uint64_t field_value(ByteView context, const ContextFieldInfo& field) {
    std::uint64_t value = 0;
    if (field.offset + field.size <= context.size()) {
        std::memcpy(&value, context.data() + field.offset, field.size);
    }
    return value;
}

/// Programs return an `int`: 4294967295 was -1 in C.
std::string number(std::uint64_t value) {
    if (static_cast<std::int64_t>(value) < 0)
        return fmt::format("{}", static_cast<std::int64_t>(value));
    bool negative_int = value >> 31 == 1;
    return negative_int ? fmt::format("{}", static_cast<std::int32_t>(value))
                        : fmt::format("{}", value);
}

}  // namespace

std::string return_label(const ProgramSpec& program, std::uint64_t value) {
    auto name = return_name(program.type, program.expected_attach_type, value);
    return name ? std::string(*name) : number(value);
}

std::vector<FieldChange> changed_fields(ProgType type, ByteView before, ByteView after) {
    std::vector<FieldChange> changes;
    for (const ContextFieldInfo& field : context_layout(type).fields) {
        std::uint64_t old_value = field_value(before, field);
        std::uint64_t new_value = field_value(after, field);
        if (old_value != new_value) changes.push_back({field.name, old_value, new_value});
    }
    return changes;
}

std::string_view name_of(Redirect::Kind kind) {
    switch (kind) {
        case Redirect::Kind::device: return "device";
        case Redirect::Kind::peer: return "peer";
        case Redirect::Kind::neighbour: return "neighbour";
        case Redirect::Kind::map: return "map";
    }
    bug("a redirect kind without a name");
}

}  // namespace bpftwin::cli
