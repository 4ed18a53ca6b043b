// Memory with an end: a page that may be read and written, and one behind it that may not.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bpftwin::test {

class Edge {
public:
    enum class Behind : std::uint8_t { nothing, readable };

    explicit Edge(Behind behind = Behind::nothing);
    ~Edge();
    Edge(const Edge&) = delete;
    Edge& operator=(const Edge&) = delete;

    /// The first address that may not be accessed (or written).
    [[nodiscard]] std::uint64_t address() const;

private:
    std::size_t page_;
    void* begin_;
};

}  // namespace bpftwin::test
