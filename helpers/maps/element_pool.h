// Unused elements of a hash map: the last one given back is the first one reused, as in the
// kernel's pcpu_freelist on one CPU.
#pragma once

#include <atomic>
#include <cstdint>

#include "helpers/maps/hash_table.h"
#include "helpers/maps/slab.h"

namespace bpftwin {

/// A lock-free stack of element numbers. Elements never used before cost nothing.
class ElementPool {
public:
    /// Elements 1 to `elements`, all free.
    static Result<ElementPool> create(std::uint32_t elements);
    ElementPool(ElementPool&& other) noexcept;

    /// An element that now belongs to the caller, or 0.
    Element take();
    void give_back(Element element);

private:
    ElementPool(std::uint32_t elements, Slab links) : last_(elements), links_(std::move(links)) {}
    Element take_unused();

    // The low half is the top element, the high half counts changes: an element that comes back to
    // the top between a reader's look and its exchange is told apart.
    std::atomic<std::uint64_t> top_ = 0;
    std::atomic<Element> used_ = 0;
    Element last_;
    Slab links_;
};

}  // namespace bpftwin
