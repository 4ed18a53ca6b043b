// Externs of `.ksyms`: variables and functions of a target, by its types or its list of symbols.
#pragma once

#include <cstdint>
#include <vector>

#include "bpftwin/target.h"

namespace bpftwin {

/// Where a symbol is.
struct SymbolPlace {
    std::uint64_t address = 0;  ///< Of a symbol without a type.
    std::uint32_t type_id = 0;  ///< VAR or FUNC; 0: the symbol has no type.
    std::int16_t module = 0;    ///< Of a function: which of the modules that are called, from 1.
};

/// Finds the symbols that the object wants.
/// @param outcomes by index of the extern; those of configuration values are left alone.
/// @return the places by index of the extern; those of what was not found mean nothing.
std::vector<SymbolPlace> resolve_symbols(const ObjectSpec& object, const Target& target,
                                         std::vector<ExternOutcome>& outcomes);

/// Whether the extern is a symbol without a type (`extern const void x __ksym`).
bool is_typeless(const ObjectSpec& object, const ExternSpec& spec);

/// Whether the kernel itself or, with a module, that module has a symbol of the extern's name.
/// Null: no.
std::optional<std::uint32_t> find_symbol(const ExternSpec& spec, const Btf& types);

}  // namespace bpftwin
