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

/// Instructions `[first, end)` of a section, of which the first becomes `base` of a program.
struct InsnRange {
    std::uint32_t first, end, base;
};

/// Records of one code section, each list sorted by instruction.
struct InsnInfo {
    std::vector<FuncInfo> functions;
    std::vector<LineInfo> lines;
    std::vector<CoreRelocation> core;

    [[nodiscard]] bool has_functions(const InsnRange& range) const;
    [[nodiscard]] bool has_lines(const InsnRange& range) const;
    // The records of the range, renumbered, behind those that are there.
    void copy_functions(const InsnRange& range, std::vector<FuncInfo>& to) const;
    void copy_lines(const InsnRange& range, std::vector<LineInfo>& to) const;
    void copy_core(const InsnRange& range, std::vector<CoreRelocation>& to) const;
};

/// Records by the ELF name of the section that they describe.
using BtfExt = std::unordered_map<std::string_view, InsnInfo>;

/// Reads a `.BTF.ext` section. Names and strings are those of `btf`, which must outlive the result.
Result<BtfExt> parse_btf_ext(ByteView raw, const Btf& btf);

}  // namespace bpftwin
