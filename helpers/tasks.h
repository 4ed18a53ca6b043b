// What helpers and kernel functions have in common that work on tasks, cgroups and paths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace bpftwin {

class Map;
class Runtime;

/// The object of a cgroup of the world, or null.
std::uint64_t cgroup_object(Runtime& runtime, std::uint64_t id);
/// Which cgroup of the world's an object is, by its id; nothing: none.
std::optional<std::size_t> cgroup_of(Runtime& runtime, std::uint64_t object);
/// Whether a task is in the cgroup that the object is, or below.
bool is_under_cgroup(Runtime& runtime, std::uint64_t task, std::uint64_t cgroup);
/// Whether the cgroup in that slot of a cgroup_array is among `ids`.
/// @return 0, 1, -E2BIG for an index out of range, -EAGAIN for an empty slot.
long is_cgroup_at(Runtime& runtime, const Map& map, std::uint32_t index,
                  std::span<const std::uint64_t> ids);

/// Notes a signal. @return 0, or -EINVAL for what is no signal.
long send_signal_to(Runtime& runtime, std::uint32_t pid, std::uint32_t signal, bool thread);

/// Writes the path that a `struct path` names, from the names of its dentries.
/// @return its length with the final zero, or -ENAMETOOLONG.
long path_text(Runtime& runtime, std::uint64_t path, char* to, std::size_t size);

}  // namespace bpftwin
