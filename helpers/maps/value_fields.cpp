// Finds special fields by BTF, as btf_parse_fields (kernel/bpf/btf.c) does.
#include "helpers/maps/value_fields.h"

#include <cerrno>
#include <vector>

#include "btf/btf.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

constexpr unsigned max_depth = 32;  // The kernel's MAX_RESOLVE_DEPTH.
constexpr std::uint32_t spin_lock_size = 4;

/// Collects the offsets of all spin locks; two are enough to know that there are too many.
class SpinLockSearch {
public:
    explicit SpinLockSearch(const Btf& btf) : btf_(btf) {}

    void visit(std::uint32_t type_id, std::uint64_t offset, unsigned depth) {
        if (depth > max_depth || found_.size() > 1) return;
        const BtfType& type = btf_.type(btf_.resolve(type_id));
        switch (type.kind) {
            case BtfKind::struct_: visit_struct(type, offset, depth); break;
            case BtfKind::datasec: visit_section(type, depth); break;
            case BtfKind::var: visit(type.type, offset, depth + 1); break;
            case BtfKind::array: visit_array(type, offset, depth); break;
            case BtfKind::void_:
            case BtfKind::int_:
            case BtfKind::ptr:
            case BtfKind::union_:
            case BtfKind::enum_:
            case BtfKind::fwd:
            case BtfKind::typedef_:
            case BtfKind::volatile_:
            case BtfKind::const_:
            case BtfKind::restrict_:
            case BtfKind::func:
            case BtfKind::func_proto:
            case BtfKind::float_:
            case BtfKind::decl_tag:
            case BtfKind::type_tag:
            case BtfKind::enum64: break;
        }
    }
    [[nodiscard]] const std::vector<std::uint64_t>& found() const { return found_; }

private:
    void visit_struct(const BtfType& type, std::uint64_t offset, unsigned depth) {
        if (type.name == "bpf_spin_lock" && type.size == spin_lock_size) {
            if (offset % spin_lock_size == 0) found_.push_back(offset);
            return;
        }
        for (const BtfMember& member : btf_.members(type))
            if (member.bitfield_size == 0)
                visit(member.type, offset + member.bit_offset / 8, depth + 1);
    }
    void visit_section(const BtfType& type, unsigned depth) {
        for (const BtfSectionVar& var : btf_.section_vars(type))
            visit(var.type, var.offset, depth + 1);
    }
    // Elements are alike: the first two tell none, one and many apart.
    void visit_array(const BtfType& type, std::uint64_t offset, unsigned depth) {
        const auto size = btf_.size_of(type.type);
        for (std::uint32_t i = 0; size && i < type.count && i < 2; ++i)
            visit(type.type, offset + i * *size, depth + 1);
    }

    const Btf& btf_;
    std::vector<std::uint64_t> found_;
};

}  // namespace

Result<std::optional<std::uint32_t>> map_value_spin_lock_offset(const Btf& btf,
                                                                std::uint32_t type_id) {
    SpinLockSearch search(btf);
    search.visit(type_id, 0, 0);
    if (search.found().size() > 1)
        return fail(fmt::format("type {}: more than one bpf_spin_lock in a map value", type_id),
                    E2BIG);
    if (search.found().empty()) return std::nullopt;
    return static_cast<std::uint32_t>(search.found().front());
}

}  // namespace bpftwin
