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

class Map;
class Packet;
class RingBuffer;
class Runtime;

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

// --- ring buffers and perf events (helpers/event_calls.cpp)

void* ringbuf_reserve(Runtime& runtime, RingBuffer& map, std::uint64_t size, std::uint64_t flags);
void ringbuf_submit(Runtime& runtime, void* record, std::uint64_t flags);
void ringbuf_discard(Runtime& runtime, void* record, std::uint64_t flags);
long ringbuf_output(Runtime& runtime, RingBuffer& map, const void* data, std::uint32_t size,
                    std::uint64_t flags);
std::uint64_t ringbuf_query(Runtime& runtime, RingBuffer& map, std::uint64_t flags);

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

// --- printing (helpers/print_calls.cpp)

long trace_printk(Runtime& runtime, const char* format, std::uint32_t format_size,
                  std::uint64_t arg1, std::uint64_t arg2, std::uint64_t arg3);
long trace_vprintk(Runtime& runtime, const char* format, std::uint32_t format_size,
                   const void* args, std::uint32_t args_size);
/// @return length of the untruncated text with its zero.
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

// --- checksums (helpers/checksum_calls.cpp)

long csum_diff(Runtime& runtime, const void* from, std::uint32_t from_size, const void* to,
               std::uint32_t to_size, std::uint32_t seed);
/// The packets here carry no hardware checksum (CHECKSUM_NONE): -ENOTSUPP.
long csum_update(Runtime& runtime, Packet& packet, std::uint32_t csum);
long l3_csum_replace(Runtime& runtime, Packet& packet, std::uint32_t offset, std::uint64_t from,
                     std::uint64_t to, std::uint64_t flags);
long l4_csum_replace(Runtime& runtime, Packet& packet, std::uint32_t offset, std::uint64_t from,
                     std::uint64_t to, std::uint64_t flags);

}  // namespace calls
}  // namespace bpftwin
