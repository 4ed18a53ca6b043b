// What the relocations of a function refer to: symbols turned into maps, functions and externs.
// Pure values; linking (loader/link.h) writes them into instructions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bpftwin/error.h"
#include "loader/code.h"
#include "loader/elf.h"
#include "loader/externs.h"
#include "loader/maps.h"

namespace bpftwin {

/// One instruction that names something outside its function.
struct Reference {
    enum class Kind : std::uint8_t {
        map,               ///< The map `target`.
        unnamed_map,       ///< A map by a number that the source wrote.
        map_value,         ///< Byte `offset` of the value of the data map `target`.
        call,              ///< Calls function `target`.
        function_address,  ///< Loads the address of function `target`.
        extern_config,     ///< Loads the address of the configuration value in the map `target`.
        extern_address,    ///< Loads the address of the extern.
        extern_call,       ///< Calls the extern.
    };

    Kind kind;
    std::uint32_t insn;              ///< In its function.
    std::uint32_t target = 0;        ///< Index into the map table or into the functions.
    std::int32_t offset = 0;         ///< Bytes.
    std::uint32_t extern_index = 0;  ///< Index into the externs.
};

/// References of each function, parallel to `Code::functions`, sorted by instruction.
using References = std::vector<std::vector<Reference>>;

/// Resolves every relocation of code. Errors name section, instruction and symbol.
Result<References> references_of(const ElfFile& elf, const Code& code, const MapTable& maps,
                                 const Externs& externs);

}  // namespace bpftwin
