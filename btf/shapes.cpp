// Rounds of hashing: in each, a type takes in what the one before found for the types it refers to,
// until nothing changes.
#include "btf/shapes.h"

#include <functional>

namespace bpftwin {
namespace {

constexpr unsigned max_rounds = 64;

class Hash {
public:
    explicit Hash(std::uint64_t first) { add(first); }
    void add(std::uint64_t value) {
        sum_ = (sum_ ^ value) * 0x9e3779b97f4a7c15;
        sum_ ^= sum_ >> 29;
    }
    void add(std::string_view text) { add(std::hash<std::string_view>{}(text)); }
    [[nodiscard]] std::uint64_t sum() const { return sum_; }

private:
    std::uint64_t sum_ = 0;
};

bool is_nominal(const BtfType& type) {
    return !type.name.empty() && (is_aggregate(type.kind) || is_enumeration(type.kind) ||
                                  type.kind == BtfKind::typedef_ || type.kind == BtfKind::fwd);
}

/// A forward declaration is the type that it announces.
BtfKind announced(const BtfType& type) {
    if (type.kind != BtfKind::fwd) return type.kind;
    return type.kind_flag ? BtfKind::union_ : BtfKind::struct_;
}

/// What a type is made of, but for the types that it refers to.
std::uint64_t content(const Btf& btf, const BtfType& type) {
    Hash hash(static_cast<std::uint64_t>(type.kind));
    hash.add(type.size);
    hash.add(type.count);
    // Whether char has a sign is up to an option of the compiler, which kernels have changed.
    const bool is_signed = type.is_signed && type.name != "char";
    hash.add(std::uint64_t{type.bits} << 2 | std::uint64_t{is_signed} << 1 |
             std::uint64_t{type.is_bool});
    for (const BtfEnumerator& e : btf.enumerators(type)) {
        hash.add(e.name);
        hash.add(e.value);
    }
    for (const BtfMember& m : btf.members(type)) {
        hash.add(m.name);
        hash.add(std::uint64_t{m.bit_offset} << 32 | m.bitfield_size);
        hash.add(btf.size_of(m.type).value_or(0));
    }
    return hash.sum();
}

std::uint64_t name_part(const BtfType& type) {
    Hash hash(static_cast<std::uint64_t>(announced(type)));
    hash.add(type.name);
    return hash.sum();
}

/// `own` with what `shapes` say of the types that it refers to.
std::uint64_t whole(const Btf& btf, const BtfType& type, std::uint64_t own,
                    const std::vector<std::uint64_t>& shapes) {
    if (type.kind == BtfKind::type_tag) return shapes[type.type];
    Hash hash(own);
    hash.add(shapes[type.type]);
    for (const BtfMember& m : btf.members(type)) hash.add(shapes[m.type]);
    for (const BtfParam& p : btf.params(type)) hash.add(shapes[p.type]);
    return hash.sum();
}

}  // namespace

BtfShapes::BtfShapes(const Btf& btf) : btf_(btf) {
    std::vector<std::uint32_t> composed;
    for (std::uint32_t id = 0; id < btf.type_count(); ++id) {
        const BtfType& type = btf.type(id);
        shapes_.push_back(is_nominal(type) ? name_part(type) : content(btf, type));
        if (!is_nominal(type)) composed.push_back(id);
    }
    const std::vector<std::uint64_t> own = shapes_;
    std::vector<std::uint64_t> next = shapes_;
    for (unsigned round = 0; round < max_rounds; ++round) {
        for (const std::uint32_t id : composed)
            next[id] = whole(btf, btf.type(id), own[id], shapes_);
        if (next == shapes_) return;
        shapes_ = next;
    }
}

std::uint64_t BtfShapes::definition(std::uint32_t id) const {
    const BtfType& type = btf_.type(id);
    return whole(btf_, type, content(btf_, type), shapes_);
}

}  // namespace bpftwin
