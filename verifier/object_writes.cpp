#include "verifier/object_writes.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <ranges>
#include <string_view>

#include "fmt/format.h"
#include "verifier/struct_ops.h"

namespace bpftwin::verifier {
namespace {

struct WritableRow {
    std::string_view who, object, path;
    bool parts;
};
constexpr auto writable_rows = std::to_array<WritableRow>({
#define WRITABLE(who, object, path) {who, object, path, false},
#define WRITABLE_PARTS(who, object, path) {who, object, path, true},
#include "verifier/object_writes.def"
});

std::string_view writer(const ProgramSpec& program) {
    switch (program.type) {
        case ProgType::struct_ops: return callbacks_of(program);
        case ProgType::sched_cls:
        case ProgType::sched_act:
        case ProgType::xdp: return "packets";
        default: return "nobody";
    }
}

std::optional<std::uint32_t> struct_named(const Btf& types, std::string_view name) {
    return types.find(name, BtfKind::struct_);
}

/// Where a member is: "a.b.c".
struct Extent {
    std::int64_t begin = 0, end = 0;
};
std::optional<Extent> extent_of(const Btf& types, std::uint32_t type, std::string_view path) {
    Extent extent;
    for (const auto part : std::views::split(path, '.')) {
        const std::string_view name(part.begin(), part.end());
        const auto members = types.members(types.type(types.resolve(type)));
        const auto member = std::ranges::find(members, name, &BtfMember::name);
        if (member == members.end()) return std::nullopt;
        extent.begin += (*member).bit_offset / 8;
        type = (*member).type;
        const std::int64_t bits = (*member).bit_offset % 8 + (*member).bitfield_size;
        const auto size = static_cast<std::int64_t>(types.size_of(type).value_or(0));
        extent.end = extent.begin + ((*member).bitfield_size != 0 ? (bits + 7) / 8 : size);
    }
    return extent;
}

/// The state of calls by test-run.
Checked<void> check_state_write(const Btf& types, std::uint32_t object, std::int64_t offset,
                                int size) {
    constexpr std::string_view state = "bpf_dummy_ops_state";
    if (struct_named(types, state) != object)
        return reject(EACCES, "only access to bpf_dummy_ops_state is supported");
    if (offset + size <= types.type(object).size) return {};
    return reject(EACCES, fmt::format("write access at off {} with size {}", offset, size));
}

}  // namespace

Checked<void> check_object_write(const ProgramSpec& program, const Btf& types, std::uint32_t object,
                                 std::int64_t offset, int size) {
    const std::string_view who = writer(program);
    if (who == "bpf_dummy_ops") return check_state_write(types, object, offset, size);
    std::string_view name;
    for (const WritableRow& row : writable_rows) {
        if (row.who != who || struct_named(types, row.object) != object) continue;
        name = row.object.substr(0, row.object.find("___"));
        const auto extent = extent_of(types, object, row.path);
        if (!extent) continue;
        const bool is_there =
            row.parts ? offset >= extent->begin && offset < extent->end : offset == extent->begin;
        if (!is_there) continue;
        if (offset + size <= extent->end) return {};
        return reject(EACCES, fmt::format("write access at off {} with size {} beyond the member "
                                          "of {} ended at {}",
                                          offset, size, name, extent->end));
    }
    if (name.empty()) return reject(EACCES, "only read is supported");
    return reject(EACCES, fmt::format("no write support to {} at off {}", name, offset));
}

}  // namespace bpftwin::verifier
