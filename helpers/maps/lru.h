// Which elements an LRU map gives up: the kernel's approximation (kernel/bpf/bpf_lru_list.c) step
// for step, so that a map here and one in the kernel keep the same keys when one CPU fills them.
//
// A lookup only marks its element. When elements are needed, unmarked ones are taken from the old
// end of the inactive list, marked ones go to the active list. A CPU fetches elements in batches,
// so a full map loses up to 128 entries at once. Nothing depends on time or chance.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "helpers/maps/lru_lists.h"

namespace bpftwin {

/// Hands out the elements of an LRU map and takes them back. Thread-safe.
class Lru {
public:
    /// @param per_cpu each CPU has lists of its own (BPF_F_NO_COMMON_LRU); `elements` is then a
    ///   multiple of `cpu_count`.
    static Result<std::unique_ptr<Lru>> create(std::uint32_t elements, std::uint32_t cpu_count,
                                               bool per_cpu);

    /// An element for a new entry made on `cpu`, by evicting others if none is free; 0: none.
    /// `evict` may lock hash buckets, so the caller must not hold one.
    Element take(std::uint32_t cpu, const Evict& evict);
    void give_back(Element element);
    /// Notes that an element was used.
    void mark(Element element) { elements_.mark(element); }

private:
    Lru(LruElements elements, std::uint32_t count, std::uint32_t cpu_count, bool per_cpu);

    Element take_common(std::uint32_t cpu, const Evict& evict);
    Element take_per_cpu(std::uint32_t cpu, const Evict& evict);
    void refill(std::uint32_t cpu, const Evict& evict);
    void flush_pending(std::uint32_t cpu);
    Element steal(std::uint32_t cpu, const Evict& evict);
    Element evict_pending(std::uint32_t cpu, const Evict& evict);
    [[nodiscard]] Element local_free(std::uint32_t cpu) const;
    [[nodiscard]] Element pending(std::uint32_t cpu) const;

    SpinLock lock_;
    LruElements elements_;
    std::uint32_t cpu_count_;
    bool per_cpu_;
    std::uint32_t batch_;
    std::vector<LruLists> lists_;            // One, or one per CPU.
    std::vector<std::uint32_t> next_steal_;  // Per CPU: whom it robs next.
};

}  // namespace bpftwin
