// Where a C compiler for BPF puts members, so that printed types get the offsets and sizes that
// their BTF states: which of them must be packed, and where padding must be explicit.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "btf/btf.h"

namespace bpftwin {

class CLayout {
public:
    explicit CLayout(const Btf& btf) : btf_(btf) {}

    /// Bytes that the printed type aligns to; 1 for packed ones.
    [[nodiscard]] std::uint32_t alignment(std::uint32_t id);
    /// Whether a struct or union has members or a size that natural alignment forbids.
    [[nodiscard]] bool is_packed(std::uint32_t id);
    /// The bit at which `member` would begin if it came after bit `end`.
    [[nodiscard]] std::uint64_t natural_offset(const BtfMember& member, std::uint64_t end,
                                               bool packed);
    /// The bit after `member` in memory.
    [[nodiscard]] std::uint64_t end_of(const BtfMember& member) const;

private:
    [[nodiscard]] std::uint32_t natural_alignment(const BtfType& type);
    [[nodiscard]] std::uint32_t scalar_alignment(const BtfType& type) const;
    [[nodiscard]] bool is_misplaced(const BtfMember& member);
    [[nodiscard]] std::uint64_t bits_of(const BtfMember& member) const;

    const Btf& btf_;
    std::unordered_map<std::uint32_t, std::uint32_t> alignment_;  ///< Of structs and unions by id.
};

}  // namespace bpftwin
