// Initial contents of maps of maps and prog arrays: relocations inside `.maps`.
#pragma once

#include <vector>

#include "bpftwin/error.h"
#include "loader/code.h"
#include "loader/elf.h"
#include "loader/maps.h"

namespace bpftwin {

/// A `values` element and what it points to.
struct PlacedSlot {
    std::uint32_t map;  ///< Index into the table.
    MapSlot slot;
};

/// Every initialised element of every `values` array, in file order.
Result<std::vector<PlacedSlot>> map_slots(const ElfFile& elf, const Code& code,
                                          const MapTable& maps);

}  // namespace bpftwin
