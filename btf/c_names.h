// C names of types. BTF of a kernel has several types of one name; in one C file all but the first
// get a suffix (`name___2`), which CO-RE ignores.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "btf/btf.h"

namespace bpftwin {

/// A name of the kernel's, whose identifiers may have dots and letters of Latin-1, as one of C.
std::string c_identifier(std::string_view name);

class CNames {
public:
    /// With `unique`, no two types of a C name space have the same name.
    CNames(const Btf& btf, bool unique) : btf_(btf), unique_(unique) {}

    /// The name of a named struct, union, enum, forward declaration, int or typedef. A forward
    /// declaration has that of the type it announces.
    const std::string& of(std::uint32_t id);
    /// A name for an enumerator that is about to be printed.
    std::string enumerator(std::string_view name);

private:
    using Uses = std::unordered_map<std::string, unsigned>;

    [[nodiscard]] std::uint32_t definition(std::uint32_t id) const;
    std::string next(Uses& uses, std::string_view name) const;

    const Btf& btf_;
    bool unique_;
    std::unordered_map<std::uint32_t, std::string> names_;  ///< By id, of those asked for.
    Uses tags_, identifiers_;
};

}  // namespace bpftwin
