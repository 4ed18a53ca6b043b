#include "helpers/maps/lru.h"

#include <algorithm>
#include <mutex>

namespace bpftwin {
namespace {

constexpr unsigned common_scans = 128;
constexpr std::uint32_t common_batch = 128;
constexpr unsigned per_cpu_scans = 4;
constexpr unsigned per_cpu_batch = 4;

constexpr std::uint32_t local_lists = 2;  // Per CPU: free and pending elements.

constexpr std::uint32_t list_numbers(std::uint32_t cpu_count, bool per_cpu) {
    return per_cpu ? LruLists::list_count * cpu_count
                   : LruLists::list_count + local_lists * cpu_count;
}

}  // namespace

Result<std::unique_ptr<Lru>> Lru::create(std::uint32_t elements, std::uint32_t cpu_count,
                                         bool per_cpu) {
    auto nodes = LruElements::create(elements, list_numbers(cpu_count, per_cpu));
    if (!nodes) return std::unexpected(nodes.error());
    return std::unique_ptr<Lru>(new Lru(std::move(*nodes), elements, cpu_count, per_cpu));
}

Lru::Lru(LruElements elements, std::uint32_t count, std::uint32_t cpu_count, bool per_cpu)
    : elements_(std::move(elements)),
      cpu_count_(cpu_count),
      per_cpu_(per_cpu),
      batch_(std::clamp(count / cpu_count / 2, 1U, common_batch)),
      next_steal_(cpu_count) {
    const std::uint32_t groups = per_cpu ? cpu_count : 1;
    const std::uint32_t share = count / groups;
    for (std::uint32_t i = 0; i < groups; ++i)
        lists_.emplace_back(elements_, i * LruLists::list_count, 1 + i * share, 1 + (i + 1) * share,
                            per_cpu ? per_cpu_scans : common_scans);
    for (std::uint32_t cpu = 0; cpu < cpu_count; ++cpu) next_steal_[cpu] = cpu;
}

Element Lru::local_free(std::uint32_t cpu) const {
    return elements_.end(LruLists::list_count + local_lists * cpu);
}

Element Lru::pending(std::uint32_t cpu) const {
    return elements_.end(LruLists::list_count + local_lists * cpu + 1);
}

Element Lru::take(std::uint32_t cpu, const Evict& evict) {
    const std::lock_guard guard(lock_);
    cpu %= cpu_count_;
    return per_cpu_ ? take_per_cpu(cpu, evict) : take_common(cpu, evict);
}

Element Lru::take_per_cpu(std::uint32_t cpu, const Evict& evict) {
    LruLists& lists = lists_[cpu];
    lists.rotate();
    Element element = lists.next_free();
    if (element == 0) {
        lists.shrink(per_cpu_batch, lists.free_list(), LruKind::free, evict);
        element = lists.next_free();
    }
    if (element == 0) return 0;
    elements_.assign(element, cpu);
    lists.put(element, LruKind::inactive);
    return element;
}

Element Lru::take_common(std::uint32_t cpu, const Evict& evict) {
    const Element free = local_free(cpu);
    if (elements_.empty(free)) refill(cpu, evict);
    const Element element = elements_.empty(free) ? steal(cpu, evict) : elements_.after(free);
    if (element == 0) return 0;
    elements_.assign(element, cpu);
    elements_.move(element, pending(cpu), LruKind::pending);
    return element;
}

void Lru::refill(std::uint32_t cpu, const Evict& evict) {
    LruLists& common = lists_.front();
    flush_pending(cpu);
    common.rotate();
    std::uint32_t fetched = 0;
    for (; fetched < batch_; ++fetched) {
        const Element element = common.next_free();
        if (element == 0) break;
        common.hand_over(element, local_free(cpu), LruKind::local_free);
    }
    if (fetched < batch_)
        common.shrink(batch_ - fetched, local_free(cpu), LruKind::local_free, evict);
}

void Lru::flush_pending(std::uint32_t cpu) {
    const Element list = pending(cpu);
    while (!elements_.empty(list)) {
        const Element oldest = elements_.before(list);
        lists_.front().put(oldest, elements_.marked(oldest) ? LruKind::active : LruKind::inactive);
    }
}

Element Lru::steal(std::uint32_t cpu, const Evict& evict) {
    const std::uint32_t first = next_steal_[cpu];
    std::uint32_t victim = first;
    Element element = 0;
    do {
        const Element free = local_free(victim);
        element = elements_.empty(free) ? evict_pending(victim, evict) : elements_.after(free);
        victim = (victim + 1) % cpu_count_;
    } while (element == 0 && victim != first);
    next_steal_[cpu] = victim;
    return element;
}

Element Lru::evict_pending(std::uint32_t cpu, const Evict& evict) {
    const Element list = pending(cpu);
    for (const bool even_marked : {false, true})
        for (Element i = elements_.before(list); i != list; i = elements_.before(i))
            if ((even_marked || !elements_.marked(i)) && evict(i)) return i;
    return 0;
}

void Lru::give_back(Element element) {
    const std::lock_guard guard(lock_);
    const std::uint32_t cpu = elements_.cpu(element);
    if (per_cpu_)
        lists_[cpu].put(element, LruKind::free);
    else if (elements_.kind(element) == LruKind::pending)
        elements_.move(element, local_free(cpu), LruKind::local_free);
    else
        lists_.front().put(element, LruKind::free);
}

}  // namespace bpftwin
