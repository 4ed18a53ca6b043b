// Memory in huge pages where much of it is needed: what is touched the first time costs a fault for
// every page, which in virtual machines can take longer than what the verifier does there.
#pragma once

#include <cstddef>
#include <memory_resource>

namespace bpftwin::verifier {

/// Gives large pieces whole huge pages, and small ones as `new` does. Large pieces that are given
/// back are kept for whoever asks for as much next, in any thread, as long as all of them have no
/// more than `most_kept` bytes: one program after the other is verified in the same memory.
class HugePages : public std::pmr::memory_resource {
public:
    static constexpr std::size_t most_kept = std::size_t{128} << 20;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* piece, std::size_t bytes, std::size_t alignment) override;
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

}  // namespace bpftwin::verifier
