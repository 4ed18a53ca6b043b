// Changes of an object before it is loaded, by name and with checks: what libbpf offers between
// `bpf_object__open` and `bpf_object__load`. Everything is plain data (bpftwin/spec.h) and may as
// well be changed there.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/spec.h"

namespace bpftwin {

/// One variable of a data section, as BTF describes it.
struct GlobalVariable {
    std::string_view name;  ///< Lives as long as the object's BTF.
    std::uint32_t offset;   ///< Bytes from the section's start.
    std::uint32_t size;     ///< Bytes.
    std::uint32_t type_id;  ///< Its type, not the BTF_KIND_VAR.
};

/// The variables of a map of `object`; none where it is no data section or BTF does not describe
/// it.
std::vector<GlobalVariable> globals_of(const ObjectSpec& object, const MapSpec& map);

/// Sets a global variable of any data section, or a part of one: "limit", "cfg.ports[2]".
/// @param value in C: a number, 'c', "text", an enumerator, `{.lo = 1, .hi = 2}` (which leaves what
/// it does not mention), `hex:` and the bytes.
/// @return an Error for a variable that does not exist (with names that are near) or is in several
/// sections, and for a value that does not fit.
Result<void> edit_global(ObjectSpec& object, std::string_view place, std::string_view value);

/// Sets a whole global variable from exactly its bytes.
Result<void> edit_global(ObjectSpec& object, std::string_view name, ByteView value);

/// Gives a map another number of entries. For a data section, whose map is called by its section
/// ".data.x" too, it is the size in bytes: as with libbpf's `bpf_map__set_value_size`, the last
/// variable must be an array, which grows or shrinks with it.
Result<void> resize_map(ObjectSpec& object, std::string_view name, std::uint32_t size);

/// Defines the map called `name` like `other`, for example one of another object: type, sizes,
/// flags, inner map and slots. The name stays, and BTF ids of another object do not come along.
/// A live map that another instance uses too is given by `EngineOptions::maps`.
/// @return an Error where programs compiled for the one cannot use the other: another type, or keys
/// or values of another size.
Result<void> replace_map(ObjectSpec& object, std::string_view name, const MapSpec& other);

/// Whether the program called `name` is prepared when the object is loaded.
Result<void> choose_autoload(ObjectSpec& object, std::string_view name, bool autoload);

/// Lets an XDP program run for packets of one device only, so that it may ask what that tells of
/// them (BPF_F_XDP_DEV_BOUND_ONLY).
/// @return an Error for a program that does not exist or is none of XDP.
Result<void> bind_to_device(ObjectSpec& object, std::string_view name);

}  // namespace bpftwin
