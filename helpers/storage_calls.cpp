// Values of tasks, inodes, cgroups, sockets and programs in cgroups (kernel/bpf/bpf_task_storage.c,
// bpf_inode_storage.c, bpf_cgrp_storage.c). An owner is known by its number, so that its value
// outlives a run.
#include <cerrno>

#include "helpers/calls.h"
#include "helpers/maps/cgroup_storage.h"
#include "helpers/maps/local_storage.h"
#include "helpers/tasks.h"
#include "vm/context.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"
#include "vm/sockets.h"

namespace bpftwin::calls {
namespace {

constexpr std::uint64_t create = 1;  // BPF_LOCAL_STORAGE_GET_F_CREATE.

/// A number of the object that stays the same in all runs; its address where it has none.
std::uint64_t owner(Runtime& runtime, std::uint64_t object, std::string_view type,
                    std::string_view field) {
    const std::uint64_t number =
        runtime.objects() ? runtime.objects()->number(object, type, field) : 0;
    return number != 0 ? number : object;
}

std::uint64_t task_owner(Runtime& runtime, std::uint64_t task) {
    return owner(runtime, task, "task_struct", "pid");
}
std::uint64_t inode_owner(Runtime& runtime, std::uint64_t inode) {
    return owner(runtime, inode, "inode", "i_ino");
}
std::uint64_t cgroup_owner(Runtime& runtime, std::uint64_t cgroup) {
    return owner(runtime, cgroup, "cgroup", "kn.id");
}

std::uint64_t socket_owner(Runtime& runtime, std::uint64_t socket) {
    SocketTable* sockets = runtime.context().sockets();
    const LiveSocket* live = sockets ? sockets->at(socket) : nullptr;
    if (live) return live->socket.cookie;
    return owner(runtime, socket, "sock", "__sk_common.skc_cookie.counter");
}

using OwnerOf = std::uint64_t (*)(Runtime&, std::uint64_t);

void* value_of(Runtime& runtime, LocalStorage& map, std::uint64_t object, OwnerOf owner_of,
               const void* initial, std::uint64_t flags) {
    if ((flags & ~create) != 0 || object == 0) return nullptr;
    const std::uint64_t owner = owner_of(runtime, object);
    return flags == create ? map.find_or_create(owner, initial) : map.find(owner);
}

long erase(Runtime& runtime, LocalStorage& map, std::uint64_t object, OwnerOf owner_of) {
    return object == 0 ? -EINVAL : map.erase_owner(owner_of(runtime, object));
}

}  // namespace

void* task_storage_get(Runtime& runtime, LocalStorage& map, std::uint64_t task, const void* initial,
                       std::uint64_t flags) {
    return value_of(runtime, map, task, task_owner, initial, flags);
}

long task_storage_delete(Runtime& runtime, LocalStorage& map, std::uint64_t task) {
    return erase(runtime, map, task, task_owner);
}

void* inode_storage_get(Runtime& runtime, LocalStorage& map, std::uint64_t inode,
                        const void* initial, std::uint64_t flags) {
    return value_of(runtime, map, inode, inode_owner, initial, flags);
}

long inode_storage_delete(Runtime& runtime, LocalStorage& map, std::uint64_t inode) {
    return erase(runtime, map, inode, inode_owner);
}

void* cgrp_storage_get(Runtime& runtime, LocalStorage& map, std::uint64_t cgroup,
                       const void* initial, std::uint64_t flags) {
    return value_of(runtime, map, cgroup, cgroup_owner, initial, flags);
}

long cgrp_storage_delete(Runtime& runtime, LocalStorage& map, std::uint64_t cgroup) {
    return erase(runtime, map, cgroup, cgroup_owner);
}

void* sk_storage_get(Runtime& runtime, LocalStorage& map, std::uint64_t socket, const void* initial,
                     std::uint64_t flags) {
    return value_of(runtime, map, socket, socket_owner, initial, flags);
}

long sk_storage_delete(Runtime& runtime, LocalStorage& map, std::uint64_t socket) {
    return erase(runtime, map, socket, socket_owner);
}

void* get_local_storage(Runtime& runtime, CgroupStorage& map, std::uint64_t) {
    const auto attach_type = runtime.program().expected_attach_type.value_or(AttachType{});
    void* value =
        map.value_of(runtime.world().cgroups().back(), static_cast<std::uint32_t>(attach_type),
                     runtime.world().world().cpu);
    if (!value) runtime.stop({.reason = "too many cgroups have values in the map"});
    return value;
}

}  // namespace bpftwin::calls
