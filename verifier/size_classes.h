// Memory for what comes and goes in many sizes, as the steps of paths do.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <memory_resource>
#include <utility>

namespace bpftwin::verifier {

/// Gives pieces of the next power of two, first those of that size that were given back.
class SizeClasses : public std::pmr::memory_resource {
public:
    /// @param memory where the pieces are; it must outlive them.
    explicit SizeClasses(std::pmr::memory_resource& memory) : memory_(memory) {}

private:
    struct Free {
        Free* next;
    };

    /// The exponent of the power of two.
    static std::size_t class_of(std::size_t bytes) {
        return static_cast<std::size_t>(std::bit_width((bytes - 1) | sizeof(Free)));
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        Free*& free = free_[class_of(bytes)];
        if (free) return std::exchange(free, free->next);
        return memory_.allocate(std::size_t{1} << class_of(bytes), alignment);
    }
    void do_deallocate(void* piece, std::size_t bytes, std::size_t) override {
        Free*& free = free_[class_of(bytes)];
        free = ::new (piece) Free{free};
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::pmr::memory_resource& memory_;
    std::array<Free*, 65> free_{};
};

}  // namespace bpftwin::verifier
