// What all functions of a generated object share, and what one function is to the others.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bpftwin/spec.h"
#include "isa/op.h"

namespace bpftwin::differential {

/// Bytes from `begin` up to `end`.
struct Span {
    std::int32_t begin = 0;
    std::int32_t end = 0;
};

/// The surroundings of every program of an object.
struct Setting {
    ProgType type = ProgType::unspec;
    std::uint32_t context_size = 0;
    std::vector<Span> context;  ///< Bytes of the context that hold no address.
    bool has_packet = false;
    bool packet_writable = false;
    std::uint16_t data_offset = 0;  ///< Of the context's field `data`.
    std::uint16_t data_end_offset = 0;

    std::vector<MapSpec> maps;
    std::optional<std::uint8_t> programs;  ///< The prog_array that programs tail-call through.
    std::optional<std::uint8_t> rounds;    ///< The map that counts returns to instruction 0.
};

/// Whether programs may look up, update and delete elements of a map of this type.
bool is_keyed(MapType type);
/// Whether `lddw` gives addresses of the map's value.
bool has_direct_values(const MapSpec& map);

/// The first map whose keys and values have the same sizes: what works on one works on the other.
std::uint8_t first_alike(const Setting& setting, std::uint8_t map);

/// What a subprogram expects in one register.
enum class Param : std::uint8_t {
    none,
    scalar,
    context,
    buffer,     ///< `buffer_size` bytes of scalars, aligned to 8, which it may write.
    map,        ///< Signature::map
    map_key,    ///< A key of that map, which it may only read.
    map_value,  ///< A value of that map.
};
inline constexpr std::int32_t buffer_size = 16;

struct Signature {
    std::array<Param, 5> params{};
    std::uint8_t map = 0;
    bool callback = false;  ///< For a helper: returns 0 to go on and 1 to end.

    friend bool operator==(const Signature&, const Signature&) = default;
};

/// An instruction that names a subprogram.
struct Reference {
    std::uint32_t pc;
    Op op;
    std::uint8_t subprogram;
};

/// A finished function; jumps are resolved, references are not.
struct Body {
    Signature signature;
    std::vector<Insn> insns;
    std::vector<Reference> references;
    unsigned depth = 1;      ///< Frames that it opens at most, its own included.
    std::uint64_t cost = 0;  ///< Instructions that one call executes, about.
};

/// The first subprogram with the same signature.
std::uint8_t first_alike(std::span<const Body> subprograms, std::uint8_t subprogram);

/// Most frames that may be open at once (MAX_CALL_FRAMES).
inline constexpr unsigned max_depth = 8;

}  // namespace bpftwin::differential
