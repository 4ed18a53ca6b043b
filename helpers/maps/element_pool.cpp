#include "helpers/maps/element_pool.h"

#include "helpers/maps/atomic_word.h"

namespace bpftwin {
namespace {

constexpr Element top_of(std::uint64_t state) { return static_cast<Element>(state); }

constexpr std::uint64_t next_state(std::uint64_t state, Element top) {
    return ((state >> 32) + 1) << 32 | top;
}

}  // namespace

Result<ElementPool> ElementPool::create(std::uint32_t elements) {
    auto links = Slab::create(std::uint64_t{elements} + 1, sizeof(Element));
    if (!links) return std::unexpected(links.error());
    return ElementPool(elements, std::move(*links));
}

ElementPool::ElementPool(ElementPool&& other) noexcept
    : top_(other.top_.load()),
      used_(other.used_.load()),
      last_(other.last_),
      links_(std::move(other.links_)) {}

Element ElementPool::take() {
    std::uint64_t state = top_.load(std::memory_order_acquire);
    while (const Element top = top_of(state)) {
        const Element below = load_relaxed(links_.as<Element>()[top]);
        if (top_.compare_exchange_weak(state, next_state(state, below), std::memory_order_acq_rel,
                                       std::memory_order_acquire))
            return top;
    }
    return take_unused();
}

Element ElementPool::take_unused() {
    Element used = used_.load(std::memory_order_relaxed);
    while (used < last_)
        if (used_.compare_exchange_weak(used, used + 1, std::memory_order_relaxed)) return used + 1;
    return 0;
}

void ElementPool::give_back(Element element) {
    std::uint64_t state = top_.load(std::memory_order_relaxed);
    do {
        store_relaxed(links_.as<Element>()[element], top_of(state));
    } while (!top_.compare_exchange_weak(state, next_state(state, element),
                                         std::memory_order_release, std::memory_order_relaxed));
}

}  // namespace bpftwin
