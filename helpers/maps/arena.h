// arena: sparse memory that a program and user space share (kernel/bpf/arena.c, range_tree.c).
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "helpers/map.h"

namespace bpftwin {

/// Memory below 4 GiB: what programs see of an arena's addresses is their low half, and so is the
/// address itself. Where the definition wants another address (`map_extra`), pointers differ from a
/// kernel's in what they are, not in what they lead to. A page that is not there reads as zeros and
/// loses what is written.
class Arena final : public Map, public MemorySource {
public:
    /// The bytes of `MapSpec::contents` are in its first pages.
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);
    ~Arena() override;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    /// Address of the first page.
    [[nodiscard]] std::uint64_t begin() const { return begin_; }

    /// Gives `count` free pages memory, those at `address` or, if that is 0, any that follow each
    /// other. @return their address, or 0.
    std::uint64_t allocate_pages(std::uint64_t address, std::uint32_t count);
    /// Frees the pages from that of `address` on, whether they had memory or were reserved.
    void free_pages(std::uint64_t address, std::uint32_t count);
    /// Keeps the pages at `address` from being allocated; nothing where none begins. @return 0,
    /// -EINVAL outside the arena, or -EBUSY where one of them is not free.
    long reserve_pages(std::uint64_t address, std::uint32_t count);

    // --- MemorySource

    [[nodiscard]] bool allows(std::uint64_t address, std::uint64_t bytes,
                              bool write) const override;
    [[nodiscard]] const Region* nearest(std::uint64_t address) const override;
    /// Also what lies outside, as long as the kernel's window of an arena reaches there.
    [[nodiscard]] bool is_sparse(std::uint64_t address) const override;

    // --- Map: an arena has no elements.

    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) override;
    long delete_elem(const void* key) override;
    long next_key(const void* key, void* next) override;

protected:
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    /// Free pages that follow each other.
    struct Gap {
        std::uint32_t pages;
        std::uint64_t age;  ///< Later ones have higher numbers.
    };
    using Gaps = std::map<std::uint32_t, Gap>;  ///< By their first page.

    Arena(const MapSpec& spec, std::uint32_t cpu_count, std::uint64_t begin);

    [[nodiscard]] std::uint64_t bytes() const;
    /// The number of the page that an address is in.
    [[nodiscard]] std::optional<std::uint32_t> page_of(std::uint64_t address) const;
    [[nodiscard]] std::optional<std::uint32_t> smallest_gap(std::uint32_t pages) const;
    [[nodiscard]] bool is_free(std::uint32_t first, std::uint32_t count) const;
    void add_gap(std::uint32_t first, std::uint32_t pages);
    void take_from_gap(std::uint32_t first, std::uint32_t count);
    /// The pages with zeros in them, whoever wrote there.
    [[nodiscard]] std::byte* emptied(std::uint32_t first, std::uint32_t count) const;
    bool give_memory(std::uint32_t first, std::uint32_t count);
    void take_memory(std::uint32_t first, std::uint32_t count);

    std::uint64_t begin_;
    Region region_;
    std::mutex changing_;
    Gaps gaps_;
    std::uint64_t next_age_ = 0;
    std::vector<std::atomic<bool>> has_memory_;  ///< By page.
};

}  // namespace bpftwin
