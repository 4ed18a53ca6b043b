// `.BTF.ext`: which BTF function, source line and CO-RE relocation belongs to which instruction
// (Documentation/bpf/btf.rst section 4.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/spec.h"
#include "btf/btf.h"

namespace bpftwin {

/// Records of one code section or function, each list sorted by instruction.
struct InsnInfo {
    std::vector<FuncInfo> functions;
    std::vector<LineInfo> lines;
    std::vector<CoreRelocation> core;

    /// The records of `[first, end)`, renumbered so that `first` becomes `base`.
    [[nodiscard]] InsnInfo slice(std::uint32_t first, std::uint32_t end, std::uint32_t base) const;
};

/// Records by the ELF name of the section that they describe.
using BtfExt = std::unordered_map<std::string_view, InsnInfo>;

/// Reads a `.BTF.ext` section. Names and strings are those of `btf`, which must outlive the result.
Result<BtfExt> parse_btf_ext(ByteView raw, const Btf& btf);

}  // namespace bpftwin
