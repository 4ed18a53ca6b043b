// What a program's ELF section name means (loader/sections.def).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bpftwin/kinds.h"

namespace bpftwin {

struct SectionMeaning {
    ProgType type = ProgType::unspec;
    std::optional<AttachType> attach_type;
    std::string attach_target;     ///< What follows the first '/' of the matched name.
    std::uint32_t prog_flags = 0;  ///< BPF_F_* of program load.
};

/// The meaning of a section name without its leading '?'; of an unknown name, a program of
/// unspecified type.
SectionMeaning section_meaning(std::string_view name);

}  // namespace bpftwin
