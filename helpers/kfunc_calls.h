// The kernel functions that run here (helpers/kfuncs.def), typed as the kernel types them
// (kernel/bpf/helpers.c, kernel/trace/bpf_trace.c, fs/bpf_fs_kfuncs.c). Addresses are those of
// program memory; what a function writes to is checked against the run's memory on every engine.
#pragma once

#include <cstdint>

namespace bpftwin {

class Runtime;

namespace kfuncs {

// --- tasks and cgroups (helpers/task_kfuncs.cpp)

/// Objects are not counted: each lives as long as the run.
std::uint64_t bpf_task_acquire(Runtime& runtime, std::uint64_t task);
void bpf_task_release(Runtime& runtime, std::uint64_t task);
/// @return the running task or one of the world's (`tasks[PID]`), or null.
std::uint64_t bpf_task_from_pid(Runtime& runtime, std::int32_t pid);
std::uint64_t bpf_task_from_vpid(Runtime& runtime, std::int32_t pid);
long bpf_task_under_cgroup(Runtime& runtime, std::uint64_t task, std::uint64_t cgroup);
std::uint64_t bpf_cgroup_acquire(Runtime& runtime, std::uint64_t cgroup);
void bpf_cgroup_release(Runtime& runtime, std::uint64_t cgroup);
/// @return the object of a cgroup of the world, or null.
std::uint64_t bpf_cgroup_from_id(Runtime& runtime, std::uint64_t id);
std::uint64_t bpf_cgroup_ancestor(Runtime& runtime, std::uint64_t cgroup, std::int32_t level);
/// @param type 0: the thread, 1: its process.
int bpf_send_signal_task(Runtime& runtime, std::uint64_t task, std::int32_t signal,
                         std::uint32_t type, std::uint64_t value);

// --- casts, exceptions and sections (helpers/section_kfuncs.cpp)

/// @return an object with the fields that the context has, for packets; else the context.
std::uint64_t bpf_cast_to_kern_ctx(Runtime& runtime, std::uint64_t context);
std::uint64_t bpf_rdonly_cast(Runtime& runtime, std::uint64_t object, std::uint32_t type);
/// Ends the program.
void bpf_throw(Runtime& runtime, std::uint64_t cookie);
void bpf_rcu_read_lock(Runtime& runtime);
void bpf_rcu_read_unlock(Runtime& runtime);
void bpf_preempt_disable(Runtime& runtime);
void bpf_preempt_enable(Runtime& runtime);
void bpf_local_irq_save(Runtime& runtime, std::uint64_t* flags);
void bpf_local_irq_restore(Runtime& runtime, std::uint64_t* flags);

// --- work queues (helpers/timer_calls.cpp) and maps (helpers/map_calls.cpp)

/// @return 0, -EINVAL for flags, -EBUSY for one that there is already.
int bpf_wq_init(Runtime& runtime, std::uint64_t queue, std::uint64_t map, std::uint32_t flags);
int bpf_wq_set_callback_impl(Runtime& runtime, std::uint64_t queue, std::uint64_t callback,
                             std::uint32_t flags, std::uint64_t);
/// The callback runs when the program has ended. @return 0, or -EINVAL without one.
int bpf_wq_start(Runtime& runtime, std::uint64_t queue, std::uint32_t flags);
/// Elements of a hash map; 0 for other types.
std::int64_t bpf_map_sum_elem_count(Runtime& runtime, std::uint64_t map);

// --- arenas (helpers/arena_kfuncs.cpp)

/// @param address where, or 0: anywhere. @param node -1: any. @return the pages' address, or null.
std::uint64_t bpf_arena_alloc_pages(Runtime& runtime, std::uint64_t map, std::uint64_t address,
                                    std::uint32_t count, int node, std::uint64_t flags);
void bpf_arena_free_pages(Runtime& runtime, std::uint64_t map, std::uint64_t address,
                          std::uint32_t count);
/// @return 0, -EINVAL, or -EBUSY where one of them is not free.
int bpf_arena_reserve_pages(Runtime& runtime, std::uint64_t map, std::uint64_t address,
                            std::uint32_t count);

// --- iterators (helpers/iterator_kfuncs.cpp)

/// Numbers from `start` to before `end`.
int bpf_iter_num_new(Runtime& runtime, void* iterator, std::int32_t start, std::int32_t end);
void* bpf_iter_num_next(Runtime& runtime, void* iterator);
void bpf_iter_num_destroy(Runtime& runtime, void* iterator);
/// Numbers of the bits that are set in `words` 64-bit words.
int bpf_iter_bits_new(Runtime& runtime, void* iterator, std::uint64_t bits, std::uint32_t words);
void* bpf_iter_bits_next(Runtime& runtime, void* iterator);
void bpf_iter_bits_destroy(Runtime& runtime, void* iterator);

// --- iterators over objects (helpers/object_iterators.cpp): addresses, or null at the end

/// @param flags 0: processes, 1: all threads, 2: those of the process from `task` on. @return 0, or
/// -EINVAL for other flags and for a task that is missing.
int bpf_iter_task_new(Runtime& runtime, void* iterator, std::uint64_t task, std::uint32_t flags);
std::uint64_t bpf_iter_task_next(Runtime& runtime, void* iterator);
void bpf_iter_task_destroy(Runtime& runtime, void* iterator);
/// The pieces of a task's memory from an address on. @return 0, or -ENOENT where it has none.
int bpf_iter_task_vma_new(Runtime& runtime, void* iterator, std::uint64_t task,
                          std::uint64_t address);
std::uint64_t bpf_iter_task_vma_next(Runtime& runtime, void* iterator);
void bpf_iter_task_vma_destroy(Runtime& runtime, void* iterator);
/// @param flags enum bpf_cgroup_iter_order without the first. @return 0, or -EINVAL for others.
int bpf_iter_css_new(Runtime& runtime, void* iterator, std::uint64_t start, std::uint32_t flags);
std::uint64_t bpf_iter_css_next(Runtime& runtime, void* iterator);
void bpf_iter_css_destroy(Runtime& runtime, void* iterator);
/// @param flags 0: threads, 1 and 3: processes. @return 0, or -EINVAL for others.
int bpf_iter_css_task_new(Runtime& runtime, void* iterator, std::uint64_t css, std::uint32_t flags);
std::uint64_t bpf_iter_css_task_next(Runtime& runtime, void* iterator);
void bpf_iter_css_task_destroy(Runtime& runtime, void* iterator);

// --- connections (helpers/connection_kfuncs.cpp): addresses of `struct nf_conn`

/// @return null, with the error in `options`: -EINVAL, -EPROTO, -EAFNOSUPPORT, -ENONET, -ENOENT.
std::uint64_t bpf_xdp_ct_lookup(Runtime& runtime, std::uint64_t context, std::uint64_t tuple,
                                std::uint32_t tuple_size, std::uint64_t options,
                                std::uint32_t options_size);
std::uint64_t bpf_skb_ct_lookup(Runtime& runtime, std::uint64_t context, std::uint64_t tuple,
                                std::uint32_t tuple_size, std::uint64_t options,
                                std::uint32_t options_size);
std::uint64_t bpf_xdp_ct_alloc(Runtime& runtime, std::uint64_t context, std::uint64_t tuple,
                               std::uint32_t tuple_size, std::uint64_t options,
                               std::uint32_t options_size);
std::uint64_t bpf_skb_ct_alloc(Runtime& runtime, std::uint64_t context, std::uint64_t tuple,
                               std::uint32_t tuple_size, std::uint64_t options,
                               std::uint32_t options_size);
/// @return the connection, or null where there is one of such packets.
std::uint64_t bpf_ct_insert_entry(Runtime& runtime, std::uint64_t connection);
void bpf_ct_release(Runtime& runtime, std::uint64_t connection);
void bpf_ct_set_timeout(Runtime& runtime, std::uint64_t connection, std::uint32_t ms);
/// @return 0, -EPERM, -ETIME.
int bpf_ct_change_timeout(Runtime& runtime, std::uint64_t connection, std::uint32_t ms);
/// @return 0, or -EBUSY for bits that do not change so.
int bpf_ct_set_status(Runtime& runtime, std::uint64_t connection, std::uint32_t status);
int bpf_ct_change_status(Runtime& runtime, std::uint64_t connection, std::uint32_t status);
/// @param manipulation 0: source, 1: destination. @return 0, or -ENOMEM for what was done before.
int bpf_ct_set_nat_info(Runtime& runtime, std::uint64_t connection, std::uint64_t to,
                        std::int32_t port, std::uint32_t manipulation);

// --- metadata of received packets (helpers/metadata_kfuncs.cpp): 0, -EOPNOTSUPP where the device
// does not tell, -ENODATA where it has nothing to tell

int bpf_xdp_metadata_rx_timestamp(Runtime& runtime, std::uint64_t context, std::uint64_t timestamp);
int bpf_xdp_metadata_rx_hash(Runtime& runtime, std::uint64_t context, std::uint64_t hash,
                             std::uint64_t type);
/// @param protocol in network byte order, as the kernel has it.
int bpf_xdp_metadata_rx_vlan_tag(Runtime& runtime, std::uint64_t context, std::uint64_t protocol,
                                 std::uint64_t tci);

// --- dynptrs (helpers/dynptr_kfuncs.cpp): `dynptr` is the address of one, helpers/dynptr.h

/// Read-only in programs that may not write to their packet. @return 0, or -EINVAL for flags.
int bpf_dynptr_from_skb(Runtime& runtime, std::uint64_t context, std::uint64_t flags, void* dynptr);
int bpf_dynptr_from_xdp(Runtime& runtime, std::uint64_t context, std::uint64_t flags, void* dynptr);
/// @return address of those bytes, or null. Packets here are one piece: `buffer` is not needed.
void* bpf_dynptr_slice(Runtime& runtime, const void* dynptr, std::uint32_t offset, void* buffer,
                       std::uint32_t size);
void* bpf_dynptr_slice_rdwr(Runtime& runtime, const void* dynptr, std::uint32_t offset,
                            void* buffer, std::uint32_t size);
/// Lets the dynptr cover only `start` to before `end`. @return 0, -EINVAL, -ERANGE.
int bpf_dynptr_adjust(Runtime& runtime, void* dynptr, std::uint32_t start, std::uint32_t end);
bool bpf_dynptr_is_null(Runtime& runtime, const void* dynptr);
bool bpf_dynptr_is_rdonly(Runtime& runtime, const void* dynptr);
/// @return bytes, or -EINVAL of a null one.
std::uint32_t bpf_dynptr_size(Runtime& runtime, const void* dynptr);
int bpf_dynptr_clone(Runtime& runtime, const void* dynptr, void* clone);
/// @return 0, -EINVAL for a read-only one, -E2BIG for a range outside.
int bpf_dynptr_copy(Runtime& runtime, const void* to, std::uint32_t to_offset, const void* from,
                    std::uint32_t from_offset, std::uint32_t size);
int bpf_dynptr_memset(Runtime& runtime, const void* dynptr, std::uint32_t offset,
                      std::uint32_t size, std::uint8_t value);

// --- objects of programs, lists and trees (helpers/object_kfuncs.cpp, helpers/object_heap.h)

/// @param type a struct of the program's types. @return the object, zeroed, or null.
std::uint64_t bpf_obj_new_impl(Runtime& runtime, std::uint64_t type, std::uint64_t meta);
/// One for each CPU, for `bpf_per_cpu_ptr` and `bpf_this_cpu_ptr`.
std::uint64_t bpf_percpu_obj_new_impl(Runtime& runtime, std::uint64_t type, std::uint64_t meta);
void bpf_obj_drop_impl(Runtime& runtime, std::uint64_t object, std::uint64_t meta);
void bpf_percpu_obj_drop_impl(Runtime& runtime, std::uint64_t object, std::uint64_t meta);
std::uint64_t bpf_refcount_acquire_impl(Runtime& runtime, std::uint64_t object, std::uint64_t meta);
/// @return 0, or -EINVAL for a node that is in a list or tree, whose reference is dropped.
int bpf_list_push_front_impl(Runtime& runtime, std::uint64_t list, std::uint64_t node,
                             std::uint64_t meta, std::uint64_t offset);
int bpf_list_push_back_impl(Runtime& runtime, std::uint64_t list, std::uint64_t node,
                            std::uint64_t meta, std::uint64_t offset);
/// @return a node, or null.
std::uint64_t bpf_list_pop_front(Runtime& runtime, std::uint64_t list);
std::uint64_t bpf_list_pop_back(Runtime& runtime, std::uint64_t list);
std::uint64_t bpf_list_front(Runtime& runtime, std::uint64_t list);
std::uint64_t bpf_list_back(Runtime& runtime, std::uint64_t list);
/// @param less `less(node, other)`: whether the node goes to the left of the other one.
int bpf_rbtree_add_impl(Runtime& runtime, std::uint64_t tree, std::uint64_t node,
                        std::uint64_t less, std::uint64_t meta, std::uint64_t offset);
/// @return the node, or null where it is not in the tree.
std::uint64_t bpf_rbtree_remove(Runtime& runtime, std::uint64_t tree, std::uint64_t node);
std::uint64_t bpf_rbtree_first(Runtime& runtime, std::uint64_t tree);
std::uint64_t bpf_rbtree_root(Runtime& runtime, std::uint64_t tree);
std::uint64_t bpf_rbtree_left(Runtime& runtime, std::uint64_t tree, std::uint64_t node);
std::uint64_t bpf_rbtree_right(Runtime& runtime, std::uint64_t tree, std::uint64_t node);

// --- sets of CPUs (helpers/cpumask_kfuncs.cpp): of the possible ones

std::uint64_t bpf_cpumask_create(Runtime& runtime);
std::uint64_t bpf_cpumask_acquire(Runtime& runtime, std::uint64_t mask);
void bpf_cpumask_release(Runtime& runtime, std::uint64_t mask);
/// @return a CPU, or their number where there is none.
std::uint32_t bpf_cpumask_first(Runtime& runtime, std::uint64_t mask);
std::uint32_t bpf_cpumask_first_zero(Runtime& runtime, std::uint64_t mask);
std::uint32_t bpf_cpumask_first_and(Runtime& runtime, std::uint64_t left, std::uint64_t right);
void bpf_cpumask_set_cpu(Runtime& runtime, std::uint32_t cpu, std::uint64_t mask);
void bpf_cpumask_clear_cpu(Runtime& runtime, std::uint32_t cpu, std::uint64_t mask);
bool bpf_cpumask_test_cpu(Runtime& runtime, std::uint32_t cpu, std::uint64_t mask);
bool bpf_cpumask_test_and_set_cpu(Runtime& runtime, std::uint32_t cpu, std::uint64_t mask);
bool bpf_cpumask_test_and_clear_cpu(Runtime& runtime, std::uint32_t cpu, std::uint64_t mask);
void bpf_cpumask_setall(Runtime& runtime, std::uint64_t mask);
void bpf_cpumask_clear(Runtime& runtime, std::uint64_t mask);
/// @return whether both have a CPU in common.
bool bpf_cpumask_and(Runtime& runtime, std::uint64_t to, std::uint64_t left, std::uint64_t right);
void bpf_cpumask_or(Runtime& runtime, std::uint64_t to, std::uint64_t left, std::uint64_t right);
void bpf_cpumask_xor(Runtime& runtime, std::uint64_t to, std::uint64_t left, std::uint64_t right);
bool bpf_cpumask_equal(Runtime& runtime, std::uint64_t left, std::uint64_t right);
bool bpf_cpumask_intersects(Runtime& runtime, std::uint64_t left, std::uint64_t right);
bool bpf_cpumask_subset(Runtime& runtime, std::uint64_t left, std::uint64_t right);
bool bpf_cpumask_empty(Runtime& runtime, std::uint64_t mask);
bool bpf_cpumask_full(Runtime& runtime, std::uint64_t mask);
void bpf_cpumask_copy(Runtime& runtime, std::uint64_t to, std::uint64_t from);
/// Which one is up to the kernel; here the first.
std::uint32_t bpf_cpumask_any_distribute(Runtime& runtime, std::uint64_t mask);
std::uint32_t bpf_cpumask_any_and_distribute(Runtime& runtime, std::uint64_t left,
                                             std::uint64_t right);
std::uint32_t bpf_cpumask_weight(Runtime& runtime, std::uint64_t mask);
/// @return 0, or -EACCES for too few bytes.
int bpf_cpumask_populate(Runtime& runtime, std::uint64_t mask, std::uint64_t from,
                         std::uint64_t size);

// --- strings (helpers/string_kfuncs.cpp): positions and lengths, or -E2BIG beyond 64 KiB, -ENOENT,
// -ERANGE and -EFAULT for memory that cannot be read

int bpf_strcmp(Runtime& runtime, std::uint64_t left, std::uint64_t right);
int bpf_strcasecmp(Runtime& runtime, std::uint64_t left, std::uint64_t right);
int bpf_strchr(Runtime& runtime, std::uint64_t text, char wanted);
int bpf_strchrnul(Runtime& runtime, std::uint64_t text, char wanted);
int bpf_strnchr(Runtime& runtime, std::uint64_t text, std::uint64_t count, char wanted);
int bpf_strrchr(Runtime& runtime, std::uint64_t text, std::int32_t wanted);
int bpf_strlen(Runtime& runtime, std::uint64_t text);
int bpf_strnlen(Runtime& runtime, std::uint64_t text, std::uint64_t count);
int bpf_strspn(Runtime& runtime, std::uint64_t text, std::uint64_t accept);
int bpf_strcspn(Runtime& runtime, std::uint64_t text, std::uint64_t reject);
int bpf_strstr(Runtime& runtime, std::uint64_t text, std::uint64_t wanted);
int bpf_strnstr(Runtime& runtime, std::uint64_t text, std::uint64_t wanted, std::uint64_t count);
/// @return bytes copied with the final zero, or -EFAULT. `flags` 1 pads with zeros.
int bpf_copy_from_user_str(Runtime& runtime, char* to, std::uint32_t size, std::uint64_t from,
                           std::uint64_t flags);
int bpf_copy_from_user_task_str(Runtime& runtime, char* to, std::uint32_t size, std::uint64_t from,
                                std::uint64_t task, std::uint64_t flags);
/// @return length of the path with its zero, or an error.
int bpf_path_d_path(Runtime& runtime, std::uint64_t path, char* to, std::uint64_t size);

}  // namespace kfuncs
}  // namespace bpftwin
