// The helpers that run here, typed as the kernel types them (BPF_CALL_n in kernel/bpf/helpers.c,
// kernel/trace/bpf_trace.c, net/core/filter.c, …): what each does with odd arguments is part of the
// contract, so flags, limits and errno are the kernel's. `Packet&` stands for the context.
//
// Addresses are those of program memory, of any alignment. In checked mode the engine has resolved
// them against the prototype (helpers/prototype.h) before the call, sizes taken as 32 bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bpftwin {

class CgroupStorage;
class LocalStorage;
class Map;
class Packet;
class RingBuffer;
class Runtime;
struct LiveSocket;
class StackTraceMap;
class UserRingBuffer;

namespace calls {

// --- maps (helpers/map_calls.cpp)

/// @return address of the value or, for maps of maps, the inner map; null if absent.
void* map_lookup_elem(Runtime& runtime, Map& map, const void* key);
long map_update_elem(Runtime& runtime, Map& map, const void* key, const void* value,
                     std::uint64_t flags);
long map_delete_elem(Runtime& runtime, Map& map, const void* key);
/// Only for maps without keys: queue, stack and (but for pop) bloom_filter.
long map_push_elem(Runtime& runtime, Map& map, const void* value, std::uint64_t flags);
long map_pop_elem(Runtime& runtime, Map& map, void* value);
long map_peek_elem(Runtime& runtime, Map& map, void* value);
/// @return the value of another CPU; null if absent or there is no such CPU.
void* map_lookup_percpu_elem(Runtime& runtime, Map& map, const void* key, std::uint32_t cpu);

// --- callbacks (helpers/callback_calls.cpp)

/// Calls `callback(index, context)` until it returns other than 0.
/// @return calls made, -EINVAL for flags, -E2BIG for more than 2^23 rounds.
long loop(Runtime& runtime, std::uint32_t rounds, std::uint64_t callback, std::uint64_t context,
          std::uint64_t flags);
/// Calls `callback(map, key, value, context)` for each element until it returns other than 0.
/// @return elements visited, -EINVAL for flags.
long for_each_map_elem(Runtime& runtime, Map& map, std::uint64_t callback, std::uint64_t context,
                       std::uint64_t flags);

// --- ring buffers (helpers/event_calls.cpp)

void* ringbuf_reserve(Runtime& runtime, RingBuffer& map, std::uint64_t size, std::uint64_t flags);
void ringbuf_submit(Runtime& runtime, void* record, std::uint64_t flags);
void ringbuf_discard(Runtime& runtime, void* record, std::uint64_t flags);
long ringbuf_output(Runtime& runtime, RingBuffer& map, const void* data, std::uint32_t size,
                    std::uint64_t flags);
std::uint64_t ringbuf_query(Runtime& runtime, RingBuffer& map, std::uint64_t flags);

// --- dynptrs (helpers/dynptr_calls.cpp): `dynptr` is the address of one, helpers/dynptr.h

/// The dynptr is null after an error. @return 0, -E2BIG for more than 2^24 - 1 bytes, -EINVAL.
long dynptr_from_mem(Runtime& runtime, void* data, std::uint32_t size, std::uint64_t flags,
                     void* dynptr);
/// The same of a new record; -EINVAL also where there is no room for it.
long ringbuf_reserve_dynptr(Runtime& runtime, RingBuffer& map, std::uint32_t size,
                            std::uint64_t flags, void* dynptr);
/// Without effect for a null dynptr; afterwards it is null.
void ringbuf_submit_dynptr(Runtime& runtime, void* dynptr, std::uint64_t flags);
void ringbuf_discard_dynptr(Runtime& runtime, void* dynptr, std::uint64_t flags);
long dynptr_read(Runtime& runtime, void* to, std::uint32_t size, const void* dynptr,
                 std::uint32_t offset, std::uint64_t flags);
long dynptr_write(Runtime& runtime, const void* dynptr, std::uint32_t offset, const void* from,
                  std::uint32_t size, std::uint64_t flags);
/// @return null outside, for packets and where the program may not write.
void* dynptr_data(Runtime& runtime, const void* dynptr, std::uint32_t offset, std::uint32_t size);

// --- records from user space (helpers/user_ring_calls.cpp)

/// Calls `callback(dynptr, context)` for each record until it returns other than 0; at most 2^17.
/// @return records that were there, -EINVAL for flags, -EBUSY where a program reads already.
long user_ringbuf_drain(Runtime& runtime, UserRingBuffer& map, std::uint64_t callback,
                        std::uint64_t context, std::uint64_t flags);

// --- objects (helpers/object_calls.cpp)

/// Puts a pointer to an object, or null, in the place of another one. Objects of the kernel end
/// with the run; then a place that holds one is null. @return the pointer that was there.
std::uint64_t kptr_xchg(Runtime& runtime, std::uint64_t place, std::uint64_t object);
/// @return that CPU's part of an object or of a kernel's variable, whose parts begin as zeros; null
/// where there is no such CPU.
std::uint64_t per_cpu_ptr(Runtime& runtime, std::uint64_t whole, std::uint32_t cpu);
std::uint64_t this_cpu_ptr(Runtime& runtime, std::uint64_t whole);

// --- perf events (helpers/event_calls.cpp)

/// Sends `data`, and with packets the bytes that flags ask for, to the slot that `flags` names.
/// User space is taken to have a buffer in the slot of every CPU, as libbpf's perf_buffer has.
long perf_event_output(Runtime& runtime, const void* context, Map& map, std::uint64_t flags,
                       const void* data, std::uint32_t size);

// --- the world (helpers/world_calls.cpp)

std::uint64_t ktime_get_ns(Runtime& runtime);
std::uint64_t ktime_get_boot_ns(Runtime& runtime);
std::uint64_t ktime_get_coarse_ns(Runtime& runtime);
std::uint64_t ktime_get_tai_ns(Runtime& runtime);
std::uint64_t jiffies64(Runtime& runtime);
std::uint32_t get_smp_processor_id(Runtime& runtime);
std::uint32_t get_numa_node_id(Runtime& runtime);
std::uint64_t get_current_pid_tgid(Runtime& runtime);
std::uint64_t get_current_uid_gid(Runtime& runtime);
long get_current_comm(Runtime& runtime, char* to, std::uint32_t size);
std::uint32_t get_prandom_u32(Runtime& runtime);

// --- tasks (helpers/task_calls.cpp)

/// @return address of the running task's `struct task_struct`.
std::uint64_t get_current_task(Runtime& runtime);
std::uint64_t get_current_task_btf(Runtime& runtime);
/// @return address of a `struct pt_regs`, whose fields are those that paths `regs.…` set.
std::uint64_t task_pt_regs(Runtime& runtime, std::uint64_t task);
/// Calls `callback(task, vma, context)` for the area of the task's memory that holds an address.
/// @return 0, -EINVAL for flags, -ENOENT where there is none.
long find_vma(Runtime& runtime, std::uint64_t task, std::uint64_t address, std::uint64_t callback,
              std::uint64_t context, std::uint64_t flags);
std::uint64_t get_current_cgroup_id(Runtime& runtime);
/// @return 0 where there is no such level.
std::uint64_t get_current_ancestor_cgroup_id(Runtime& runtime, std::int32_t level);
/// @return 0, 1, -E2BIG for an index out of range, -EAGAIN for an empty slot.
long current_task_under_cgroup(Runtime& runtime, Map& map, std::uint32_t index);
/// Noted in `RunResult::signals`. @return 0, -EINVAL, or -EPERM for the init process.
long send_signal(Runtime& runtime, std::uint32_t signal);
long send_signal_thread(Runtime& runtime, std::uint32_t signal);
long get_ns_current_pid_tgid(Runtime& runtime, std::uint64_t dev, std::uint64_t inode,
                             std::uint32_t* pid_and_tgid, std::uint32_t size);
/// @return 0, or -EFAULT with `to` zeroed.
long copy_from_user(Runtime& runtime, void* to, std::uint32_t size, std::uint64_t from);
long copy_from_user_task(Runtime& runtime, void* to, std::uint32_t size, std::uint64_t from,
                         std::uint64_t task, std::uint64_t flags);
long probe_write_user(Runtime& runtime, std::uint64_t to, const void* from, std::uint32_t size);

// --- stacks (helpers/stack_calls.cpp): those of the world's task

/// @return the stack's id, -EINVAL, -EFAULT without a stack, -EEXIST, -ENOMEM.
long get_stackid(Runtime& runtime, const void* context, StackTraceMap& map, std::uint64_t flags);
/// @return bytes written, -EINVAL or -EFAULT.
long get_stack(Runtime& runtime, const void* context, void* to, std::uint32_t size,
               std::uint64_t flags);
long get_task_stack(Runtime& runtime, std::uint64_t task, void* to, std::uint32_t size,
                    std::uint64_t flags);

// --- storage of objects (helpers/storage_calls.cpp)

/// @param flags 1: make it where there is none. @return null otherwise, and for a null object.
void* task_storage_get(Runtime& runtime, LocalStorage& map, std::uint64_t task, const void* initial,
                       std::uint64_t flags);
long task_storage_delete(Runtime& runtime, LocalStorage& map, std::uint64_t task);
void* inode_storage_get(Runtime& runtime, LocalStorage& map, std::uint64_t inode,
                        const void* initial, std::uint64_t flags);
long inode_storage_delete(Runtime& runtime, LocalStorage& map, std::uint64_t inode);
void* cgrp_storage_get(Runtime& runtime, LocalStorage& map, std::uint64_t cgroup,
                       const void* initial, std::uint64_t flags);
long cgrp_storage_delete(Runtime& runtime, LocalStorage& map, std::uint64_t cgroup);
/// Sockets as objects of the kernel; known by their cookie, or without one in this run only.
void* sk_storage_get(Runtime& runtime, LocalStorage& map, std::uint64_t socket, const void* initial,
                     std::uint64_t flags);
long sk_storage_delete(Runtime& runtime, LocalStorage& map, std::uint64_t socket);
/// Timers call back when the program has ended (helpers/timers.h). @return 0, -EINVAL for flags
/// that there are not, -EBUSY for a timer that is there already.
long timer_init(Runtime& runtime, std::uint64_t timer, Map& map, std::uint64_t flags);
long timer_set_callback(Runtime& runtime, std::uint64_t timer, std::uint64_t callback);
/// @return 0, or -EINVAL without a callback.
long timer_start(Runtime& runtime, std::uint64_t timer, std::uint64_t nanoseconds,
                 std::uint64_t flags);
/// Its callback is gone, too. @return whether it was started, -EINVAL where there is none, -EDEADLK
/// from its own callback.
long timer_cancel(Runtime& runtime, std::uint64_t timer);
/// The value of the program's attach type in the running task's cgroup.
void* get_local_storage(Runtime& runtime, CgroupStorage& map, std::uint64_t flags);

// --- the hook (helpers/hook_calls.cpp)

std::uint64_t get_attach_cookie(Runtime& runtime, const void* context);
std::uint64_t get_func_ip(Runtime& runtime, const void* context);
/// @return 0, or -EINVAL for an argument that the function does not have.
long get_func_arg(Runtime& runtime, const void* context, std::uint32_t number, void* value);
long get_func_ret(Runtime& runtime, const void* context, void* value);
long get_func_arg_cnt(Runtime& runtime, const void* context);
long get_retval(Runtime& runtime);
long set_retval(Runtime& runtime, std::int32_t value);
long override_return(Runtime& runtime, const void* context, std::uint64_t value);
long perf_event_read(Runtime& runtime, Map& map, std::uint64_t flags);
long perf_event_read_value(Runtime& runtime, Map& map, std::uint64_t flags, void* to,
                           std::uint32_t size);
long perf_prog_read_value(Runtime& runtime, const void* context, void* to, std::uint32_t size);
/// The world's processor keeps no branches: -ENOENT.
long read_branch_records(Runtime& runtime, const void* context, void* to, std::uint32_t size,
                         std::uint64_t flags);
long get_branch_snapshot(Runtime& runtime, void* to, std::uint32_t size, std::uint64_t flags);
/// What iterators print is `RunResult::sequence`.
long seq_write(Runtime& runtime, const void* file, const void* data, std::uint32_t size);
long seq_printf(Runtime& runtime, const void* file, const char* format, std::uint32_t format_size,
                const void* args, std::uint32_t args_size);
/// The path is made of the names of the object's dentries.
long d_path(Runtime& runtime, std::uint64_t path, char* to, std::uint32_t size);
/// @return the world's algorithm, or -EOPNOTSUPP where nothing was measured.
long ima_inode_hash(Runtime& runtime, std::uint64_t inode, void* to, std::uint32_t size);
long ima_file_hash(Runtime& runtime, std::uint64_t file, void* to, std::uint32_t size);
long bprm_opts_set(Runtime& runtime, std::uint64_t program, std::uint64_t flags);

// --- printing (helpers/print_calls.cpp)

long trace_printk(Runtime& runtime, const char* format, std::uint32_t format_size,
                  std::uint64_t arg1, std::uint64_t arg2, std::uint64_t arg3);
long trace_vprintk(Runtime& runtime, const char* format, std::uint32_t format_size,
                   const void* args, std::uint32_t args_size);
/// @return length of the untruncated text with its zero.
/// Text of a value by the kernel's types. @param value a `struct btf_ptr`. @return the length of
/// all of it, -EINVAL for flags and sizes there are not, -ENOENT without such a type, -EFAULT.
long snprintf_btf(Runtime& runtime, char* to, std::uint32_t size, const void* value,
                  std::uint32_t value_size, std::uint64_t flags);
long seq_printf_btf(Runtime& runtime, const void* file, const void* value, std::uint32_t value_size,
                    std::uint64_t flags);
long snprintf(Runtime& runtime, char* to, std::uint32_t size, const char* format, const void* args,
              std::uint32_t args_size);

// --- strings (helpers/string_calls.cpp)

/// @param result an int64 or uint64 at any address; 0 after an error.
/// @return characters consumed, -EINVAL, -ERANGE.
long strtol(Runtime& runtime, const char* text, std::uint32_t size, std::uint64_t flags,
            void* result);
long strtoul(Runtime& runtime, const char* text, std::uint32_t size, std::uint64_t flags,
             void* result);
/// @return -1, 0 or 1.
int strncmp(Runtime& runtime, const char* left, std::uint32_t size, const char* right);

// --- reads of any memory (helpers/probe.cpp)

/// @return 0, or with `to` zeroed -EFAULT, or -ERANGE where the kernel wants one of its own
/// addresses and gets another.
long probe_read(Runtime& runtime, void* to, std::uint32_t size, std::uint64_t from);
long probe_read_user(Runtime& runtime, void* to, std::uint32_t size, std::uint64_t from);
long probe_read_kernel(Runtime& runtime, void* to, std::uint32_t size, std::uint64_t from);
/// @return bytes written with the final zero, or an error as above.
long probe_read_str(Runtime& runtime, char* to, std::uint32_t size, std::uint64_t from);
long probe_read_user_str(Runtime& runtime, char* to, std::uint32_t size, std::uint64_t from);
long probe_read_kernel_str(Runtime& runtime, char* to, std::uint32_t size, std::uint64_t from);

// --- spin locks (helpers/lock_calls.cpp)

/// Takes the lock; stops the program if nobody releases it.
void spin_lock(Runtime& runtime, void* lock);
void spin_unlock(Runtime& runtime, void* lock);

// --- redirects (helpers/redirect_calls.cpp): each returns the program's verdict

long redirect(Runtime& runtime, std::uint32_t ifindex, std::uint64_t flags);
long redirect_peer(Runtime& runtime, std::uint32_t ifindex, std::uint64_t flags);
long redirect_neigh(Runtime& runtime, std::uint32_t ifindex, const void* params, int size,
                    std::uint64_t flags);
long redirect_map(Runtime& runtime, Map& map, std::uint64_t key, std::uint64_t flags);
/// Sends a copy of the packet to a device of the world's network. @return 0, what the device's
/// queue answers (NET_RX_DROP or NET_XMIT_CN of one that is down), or an error.
long clone_redirect(Runtime& runtime, Packet& packet, std::uint32_t ifindex, std::uint64_t flags);

// --- the world's network (helpers/fib_calls.cpp)

/// @param params struct bpf_fib_lookup. @return BPF_FIB_LKUP_RET_* or an error.
long fib_lookup(Runtime& runtime, Packet& packet, void* params, int size, std::uint32_t flags);
/// @param mtu a number of 32 bits. @return BPF_MTU_CHK_RET_* or an error.
long check_mtu(Runtime& runtime, Packet& packet, std::uint32_t ifindex, void* mtu, int difference,
               std::uint64_t flags);

// --- XDP packets (helpers/xdp_calls.cpp)

long xdp_adjust_head(Runtime& runtime, Packet& packet, int delta);
long xdp_adjust_tail(Runtime& runtime, Packet& packet, int delta);
long xdp_adjust_meta(Runtime& runtime, Packet& packet, int delta);
std::uint32_t xdp_get_buff_len(Runtime& runtime, Packet& packet);
long xdp_load_bytes(Runtime& runtime, Packet& packet, std::uint32_t offset, void* to,
                    std::uint32_t size);
long xdp_store_bytes(Runtime& runtime, Packet& packet, std::uint32_t offset, const void* from,
                     std::uint32_t size);

// --- socket buffers (helpers/skb_calls.cpp)

long skb_load_bytes(Runtime& runtime, Packet& packet, std::uint32_t offset, void* to,
                    std::uint32_t size);
long skb_load_bytes_relative(Runtime& runtime, Packet& packet, std::uint32_t offset, void* to,
                             std::uint32_t size, std::uint32_t start);
long skb_store_bytes(Runtime& runtime, Packet& packet, std::uint32_t offset, const void* from,
                     std::uint32_t size, std::uint64_t flags);
long skb_pull_data(Runtime& runtime, Packet& packet, std::uint32_t size);
long skb_change_tail(Runtime& runtime, Packet& packet, std::uint32_t size, std::uint64_t flags);
/// Head room is what `Packet` has; the kernel would reallocate for more: -ENOMEM.
long skb_change_head(Runtime& runtime, Packet& packet, std::uint32_t size, std::uint64_t flags);
/// The `hash` of the context; where it is 0, one computed from addresses and ports. (The kernel's
/// own depends on a secret.)
std::uint32_t get_hash_recalc(Runtime& runtime, Packet& packet);
long set_hash(Runtime& runtime, Packet& packet, std::uint32_t hash);
void set_hash_invalid(Runtime& runtime, Packet& packet);
long skb_change_type(Runtime& runtime, Packet& packet, std::uint32_t type);
/// @return 1 when the packet carries the mark of congestion afterwards, else 0.
long skb_ecn_set_ce(Runtime& runtime, Packet& packet);
long skb_set_tstamp(Runtime& runtime, Packet& packet, std::uint64_t time, std::uint32_t type);
std::uint32_t get_cgroup_classid(Runtime& runtime, const void* context);
std::uint32_t get_route_realm(Runtime& runtime, const void* context);
/// No packet here came through IPsec: zeros and -EINVAL.
long skb_get_xfrm_state(Runtime& runtime, Packet& packet, std::uint32_t index, void* to,
                        std::uint32_t size, std::uint64_t flags);

// --- headers of socket buffers (helpers/skb_header_calls.cpp)

/// Protocols are in network byte order.
long skb_vlan_push(Runtime& runtime, Packet& packet, std::uint16_t protocol, std::uint16_t control);
long skb_vlan_pop(Runtime& runtime, Packet& packet);
long skb_change_proto(Runtime& runtime, Packet& packet, std::uint16_t protocol,
                      std::uint64_t flags);
long skb_adjust_room(Runtime& runtime, Packet& packet, int difference, std::uint32_t mode,
                     std::uint64_t flags);

// --- lightweight tunnels (helpers/lwt_calls.cpp)

/// Of segment routing headers: stops the program, as they are not simulated.
long lwt_push_encap(Runtime& runtime, Packet& packet, std::uint32_t type, const void* header,
                    std::uint32_t size);

// --- tunnels (helpers/tunnel_calls.cpp)

long skb_get_tunnel_key(Runtime& runtime, Packet& packet, void* to, std::uint32_t size,
                        std::uint64_t flags);
long skb_set_tunnel_key(Runtime& runtime, Packet& packet, const void* from, std::uint32_t size,
                        std::uint64_t flags);
/// @return the length of the options or an error.
long skb_get_tunnel_opt(Runtime& runtime, Packet& packet, void* to, std::uint32_t size);
long skb_set_tunnel_opt(Runtime& runtime, Packet& packet, const void* from, std::uint32_t size);

// --- sockets (helpers/socket_calls.cpp): those of the run's world. Each lookup takes a reference.

/// @param tuple struct bpf_sock_tuple, of which `size` says the family.
/// @return address of struct bpf_sock, or null.
std::uint64_t sk_lookup_tcp(Runtime& runtime, const void* context, const void* tuple,
                            std::uint32_t size, std::uint64_t netns, std::uint64_t flags);
std::uint64_t sk_lookup_udp(Runtime& runtime, const void* context, const void* tuple,
                            std::uint32_t size, std::uint64_t netns, std::uint64_t flags);
/// Finds requests and sockets in TIME_WAIT, too.
std::uint64_t skc_lookup_tcp(Runtime& runtime, const void* context, const void* tuple,
                             std::uint32_t size, std::uint64_t netns, std::uint64_t flags);
long sk_release(Runtime& runtime, LiveSocket* socket);
std::uint64_t sk_fullsock(Runtime& runtime, LiveSocket* socket);
/// @return address of struct bpf_tcp_sock, or null.
std::uint64_t tcp_sock(Runtime& runtime, LiveSocket* socket);
std::uint64_t get_listener_sock(Runtime& runtime, LiveSocket* socket);
long sk_assign(Runtime& runtime, const void* context, LiveSocket* socket, std::uint64_t flags);
std::uint64_t get_socket_cookie(Runtime& runtime, LiveSocket* socket);
std::uint32_t get_socket_uid(Runtime& runtime, LiveSocket* socket);
std::uint64_t get_netns_cookie(Runtime& runtime, LiveSocket* socket);
std::uint32_t skb_cgroup_classid(Runtime& runtime, LiveSocket* socket);
/// @return as `current_task_under_cgroup`, -ENOENT without a full socket.
long skb_under_cgroup(Runtime& runtime, LiveSocket* socket, Map& map, std::uint32_t index);
std::uint64_t skb_cgroup_id(Runtime& runtime, LiveSocket* socket);
std::uint64_t skb_ancestor_cgroup_id(Runtime& runtime, LiveSocket* socket, int level);
std::uint64_t sk_cgroup_id(Runtime& runtime, LiveSocket* socket);
std::uint64_t sk_ancestor_cgroup_id(Runtime& runtime, LiveSocket* socket, int level);
long sock_ops_cb_flags_set(Runtime& runtime, LiveSocket* socket, int flags);
/// @param address struct sockaddr_in or sockaddr_in6.
long bind(Runtime& runtime, LiveSocket* socket, const void* address, int size);

// --- maps of sockets (helpers/socket_map_calls.cpp)

long sock_map_update(Runtime& runtime, const void* context, Map& map, const void* key,
                     std::uint64_t flags);
long sock_hash_update(Runtime& runtime, const void* context, Map& map, const void* key,
                      std::uint64_t flags);
/// @return SK_PASS, or SK_DROP where no socket is there that takes data.
long sk_redirect_map(Runtime& runtime, const void* context, Map& map, std::uint32_t key,
                     std::uint64_t flags);
long sk_redirect_hash(Runtime& runtime, const void* context, Map& map, const void* key,
                      std::uint64_t flags);
long msg_redirect_map(Runtime& runtime, const void* context, Map& map, std::uint32_t key,
                      std::uint64_t flags);
long msg_redirect_hash(Runtime& runtime, const void* context, Map& map, const void* key,
                       std::uint64_t flags);
long sk_select_reuseport(Runtime& runtime, const void* context, Map& map, const void* key,
                         std::uint64_t flags);

// --- messages of sockets (helpers/msg_calls.cpp)

long msg_apply_bytes(Runtime& runtime, const void* context, std::uint32_t bytes);
long msg_cork_bytes(Runtime& runtime, const void* context, std::uint32_t bytes);
/// Shows the bytes from `start` to `end` as `data` to `data_end`.
long msg_pull_data(Runtime& runtime, Packet& packet, std::uint32_t start, std::uint32_t end,
                   std::uint64_t flags);
/// Puts zeros into the message.
long msg_push_data(Runtime& runtime, Packet& packet, std::uint32_t start, std::uint32_t size,
                   std::uint64_t flags);
long msg_pop_data(Runtime& runtime, Packet& packet, std::uint32_t start, std::uint32_t size,
                  std::uint64_t flags);

// --- options of sockets (helpers/sockopt_calls.cpp)

long setsockopt(Runtime& runtime, LiveSocket* socket, int level, int option, const void* value,
                int size);
long getsockopt(Runtime& runtime, LiveSocket* socket, int level, int option, void* value, int size);

// --- TCP options of a sock_ops event's packet (helpers/header_option_calls.cpp)

long load_hdr_opt(Runtime& runtime, const void* context, void* found, std::uint32_t size,
                  std::uint64_t flags);
long store_hdr_opt(Runtime& runtime, const void* context, const void* option, std::uint32_t size,
                   std::uint64_t flags);
long reserve_hdr_opt(Runtime& runtime, const void* context, std::uint32_t size,
                     std::uint64_t flags);

// --- SYN cookies (helpers/syncookie_calls.cpp): their numbers depend on a secret, as the kernel's

long tcp_check_syncookie(Runtime& runtime, LiveSocket* socket, const void* ip,
                         std::uint32_t ip_size, const void* tcp, std::uint32_t tcp_size);
/// @return cookie, and maximum segment size from bit 32, or an error.
std::int64_t tcp_gen_syncookie(Runtime& runtime, LiveSocket* socket, const void* ip,
                               std::uint32_t ip_size, const void* tcp, std::uint32_t tcp_size);
std::int64_t tcp_raw_gen_syncookie_ipv4(Runtime& runtime, const void* ip, const void* tcp,
                                        std::uint32_t tcp_size);
std::int64_t tcp_raw_gen_syncookie_ipv6(Runtime& runtime, const void* ip, const void* tcp,
                                        std::uint32_t tcp_size);
long tcp_raw_check_syncookie_ipv4(Runtime& runtime, const void* ip, const void* tcp);
long tcp_raw_check_syncookie_ipv6(Runtime& runtime, const void* ip, const void* tcp);

// --- kernel settings (helpers/sysctl_calls.cpp)

/// @return length of the name, or -E2BIG where it is cut.
long sysctl_get_name(Runtime& runtime, const void* context, char* to, std::uint32_t size,
                     std::uint64_t flags);
long sysctl_get_current_value(Runtime& runtime, const void* context, char* to, std::uint32_t size);
long sysctl_get_new_value(Runtime& runtime, const void* context, char* to, std::uint32_t size);
long sysctl_set_new_value(Runtime& runtime, const void* context, const char* from,
                          std::uint32_t size);

// --- checksums (helpers/checksum_calls.cpp)

long csum_diff(Runtime& runtime, const void* from, std::uint32_t from_size, const void* to,
               std::uint32_t to_size, std::uint32_t seed);
/// The packets here carry no hardware checksum (CHECKSUM_NONE): -ENOTSUPP.
long csum_update(Runtime& runtime, Packet& packet, std::uint32_t csum);
/// Counts the checksums that count as verified. @return the level when asked for it, or an error.
long csum_level(Runtime& runtime, Packet& packet, std::uint64_t what);
long l3_csum_replace(Runtime& runtime, Packet& packet, std::uint32_t offset, std::uint64_t from,
                     std::uint64_t to, std::uint64_t flags);
long l4_csum_replace(Runtime& runtime, Packet& packet, std::uint32_t offset, std::uint64_t from,
                     std::uint64_t to, std::uint64_t flags);

}  // namespace calls
}  // namespace bpftwin
