// stack_trace: stacks by a number that their hash gives (kernel/bpf/stackmap.c).
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "helpers/map.h"

namespace bpftwin {

/// Programs add stacks by `bpf_get_stackid`; user space reads and deletes them. Ids are those of
/// the kernel for the same addresses and number of entries. Stacks of build ids are not kept.
class StackTrace final : public Map {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    /// Keeps the addresses, at most as many as a value holds.
    /// @param compare_hash_only,replace BPF_F_FAST_STACK_CMP and BPF_F_REUSE_STACKID.
    /// @return the id, -EEXIST where another stack has it, -ENOMEM where the map is full.
    long put(std::span<const std::uint64_t> addresses, bool compare_hash_only, bool replace);

    void* lookup_elem(const void*, std::uint32_t) override { return nullptr; }
    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) override;
    long delete_elem(const void* key) override;
    long next_key(const void* key, void* next) override;

protected:
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    /// A stack; without addresses there is none.
    struct Bucket {
        std::uint32_t hash = 0;
        std::vector<std::uint64_t> addresses;
    };
    StackTrace(const MapSpec& spec, std::uint32_t cpu_count);
    [[nodiscard]] std::uint32_t depth() const { return spec().value_size / 8; }

    std::mutex mutex_;
    std::vector<Bucket> buckets_;
    std::uint32_t used_ = 0;
};

}  // namespace bpftwin
