// The kernel's enumerations that an object names: program, attach and map types, with their
// names as text. Numbers are Linux UAPI; one `.def` list each is the only place they stand.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bpftwin {

enum class ProgType : std::uint32_t {
#define PROG_TYPE(name, number, since) name = number,
#include "bpftwin/prog_type.def"
};

enum class AttachType : std::uint32_t {
#define ATTACH_TYPE(name, number) name = number,
#include "bpftwin/attach_type.def"
};

enum class MapType : std::uint32_t {
#define BPF_MAP_TYPE(name, number, since) name = number,
#include "bpftwin/map_type.def"
};

/// Lower-case kernel name without its prefix ("sched_cls"); empty for a number that is no type.
std::string_view name_of(ProgType type);
std::string_view name_of(AttachType type);
std::string_view name_of(MapType type);

/// First kernel that has the type ("4.10"); empty for `unspec` and numbers that are no type.
std::string_view since(ProgType type);
std::string_view since(MapType type);

/// All program types in the kernel's order, without `unspec`.
std::span<const ProgType> prog_types();

/// The inverse of `name_of`.
std::optional<ProgType> prog_type_named(std::string_view name);
std::optional<AttachType> attach_type_named(std::string_view name);
std::optional<MapType> map_type_named(std::string_view name);

}  // namespace bpftwin
