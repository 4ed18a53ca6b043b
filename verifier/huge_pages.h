// Memory in huge pages where much of it is needed: what is touched the first time costs a fault for
// every page, which in virtual machines can take longer than what the verifier does there.
#pragma once

#include <cstddef>
#include <memory_resource>

namespace bpftwin::verifier {

/// Gives large pieces whole huge pages, and small ones as `new` does.
class HugePages : public std::pmr::memory_resource {
private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* piece, std::size_t bytes, std::size_t alignment) override;
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

}  // namespace bpftwin::verifier
