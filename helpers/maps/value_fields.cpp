// Finds special fields by BTF, as btf_parse_fields (kernel/bpf/btf.c) does.
#include "helpers/maps/value_fields.h"

#include <algorithm>
#include <cerrno>
#include <unordered_map>

#include "btf/btf.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

constexpr unsigned max_depth = 32;  // The kernel's MAX_RESOLVE_DEPTH.
constexpr std::uint32_t spin_lock_size = 4;

/// The spin locks in a value of some type.
struct Locks {
    unsigned count = 0;  ///< 2 stands for any larger number too.
    std::uint64_t first = 0;

    void add(const Locks& part, std::uint64_t offset) {
        if (part.count != 0 && count == 0) first = offset + part.first;
        count = std::min(count + part.count, 2U);
    }
};

/// Looks at each type once, however often it is used.
class SpinLockSearch {
public:
    explicit SpinLockSearch(const Btf& btf) : btf_(btf) {}

    Locks in(std::uint32_t type_id, unsigned depth = 0) {
        if (depth > max_depth) return {};
        const std::uint32_t id = btf_.resolve(type_id);
        if (const auto known = known_.find(id); known != known_.end()) return known->second;
        known_[id] = {};
        return known_[id] = in_type(btf_.type(id), depth);
    }

private:
    Locks in_type(const BtfType& type, unsigned depth) {
        if (type.kind == BtfKind::struct_) return in_struct(type, depth);
        if (type.kind == BtfKind::datasec) return in_section(type, depth);
        if (type.kind == BtfKind::array) return in_array(type, depth);
        if (type.kind == BtfKind::var) return in(type.type, depth + 1);
        return {};
    }
    Locks in_struct(const BtfType& type, unsigned depth) {
        if (type.name == "bpf_spin_lock" && type.size == spin_lock_size) return {1, 0};
        Locks locks;
        for (const BtfMember& member : btf_.members(type))
            if (member.bitfield_size == 0)
                locks.add(in(member.type, depth + 1), member.bit_offset / 8);
        return locks;
    }
    Locks in_section(const BtfType& type, unsigned depth) {
        Locks locks;
        for (const BtfSectionVar& var : btf_.section_vars(type))
            locks.add(in(var.type, depth + 1), var.offset);
        return locks;
    }
    Locks in_array(const BtfType& type, unsigned depth) {
        const Locks element = in(type.type, depth + 1);
        Locks locks;
        if (type.count >= 1) locks.add(element, 0);
        if (type.count >= 2) locks.add(element, 0);
        return locks;
    }

    const Btf& btf_;
    std::unordered_map<std::uint32_t, Locks> known_;
};

}  // namespace

Result<std::optional<std::uint32_t>> map_value_spin_lock_offset(const Btf& btf,
                                                                std::uint32_t type_id) {
    const Locks locks = SpinLockSearch(btf).in(type_id);
    if (locks.count == 0 || locks.first % spin_lock_size != 0) return std::nullopt;
    if (locks.count > 1)
        return fail(fmt::format("type {}: more than one bpf_spin_lock in a map value", type_id),
                    E2BIG);
    return static_cast<std::uint32_t>(locks.first);
}

}  // namespace bpftwin
