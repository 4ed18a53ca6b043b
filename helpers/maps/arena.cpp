#include "helpers/maps/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "fmt/format.h"
#include "helpers/maps/attributes.h"
#include "vm/low_memory.h"

namespace bpftwin {
namespace {

constexpr std::uint64_t granularity = 65536;  // Of mappings below 4 GiB.

std::uint64_t rounded_up(std::uint64_t bytes, std::uint64_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

std::byte* pointer(std::uint64_t address) { return reinterpret_cast<std::byte*>(address); }

}  // namespace

Result<std::unique_ptr<Map>> Arena::create(const MapSpec& spec, std::uint32_t cpu_count) {
    const std::uint64_t bytes = std::uint64_t{spec.max_entries} * page_size();
    if (spec.contents.size() > bytes)
        return fail(fmt::format("{} bytes of variables do not fit into {} pages",
                                spec.contents.size(), spec.max_entries),
                    E2BIG);
    const std::uint64_t begin = map_low(rounded_up(bytes, granularity), PROT_READ);
    if (begin == 0)
        return fail(fmt::format("there are no {} bytes free below 4 GiB", bytes), ENOMEM);
    std::unique_ptr<Arena> arena(new Arena(spec, cpu_count, begin));
    if (!spec.contents.empty()) {
        const std::uint64_t pages = rounded_up(spec.contents.size(), page_size()) / page_size();
        if (arena->allocate_pages(begin, static_cast<std::uint32_t>(pages)) == 0)
            return fail("no memory for its variables", ENOMEM);
        std::ranges::copy(spec.contents, pointer(begin));
    }
    return arena;
}

Arena::Arena(const MapSpec& spec, std::uint32_t cpu_count, std::uint64_t begin)
    : Map(spec, cpu_count, {}),
      begin_(begin),
      region_{.begin = begin,
              .size = std::uint64_t{spec.max_entries} * page_size(),
              .name = "arena " + spec.name},
      has_memory_(spec.max_entries) {
    add_gap(0, spec.max_entries);
}

Arena::~Arena() { munmap(pointer(begin_), rounded_up(bytes(), granularity)); }

std::uint64_t Arena::bytes() const { return region_.size; }

std::optional<std::uint32_t> Arena::page_of(std::uint64_t address) const {
    const std::uint64_t offset = address - begin_;
    if (offset >= bytes()) return std::nullopt;
    return static_cast<std::uint32_t>(offset / page_size());
}

/// Of gaps of one size the one that is so the shortest time, as the kernel's tree has them.
std::optional<std::uint32_t> Arena::smallest_gap(std::uint32_t pages) const {
    const Gaps::value_type* best = nullptr;
    for (const auto& gap : gaps_) {
        if (gap.second.pages < pages) continue;
        const bool is_better =
            !best || gap.second.pages < best->second.pages ||
            (gap.second.pages == best->second.pages && gap.second.age > best->second.age);
        if (is_better) best = &gap;
    }
    return best ? std::optional(best->first) : std::nullopt;
}

bool Arena::is_free(std::uint32_t first, std::uint32_t count) const {
    auto after = gaps_.upper_bound(first);
    if (after == gaps_.begin()) return false;
    const auto& [begin, gap] = *std::prev(after);
    const std::uint32_t before = first - begin;
    return before < gap.pages && count <= gap.pages - before;
}

void Arena::add_gap(std::uint32_t first, std::uint32_t pages) {
    if (pages != 0) gaps_[first] = {pages, next_age_++};
}

void Arena::take_from_gap(std::uint32_t first, std::uint32_t count) {
    const auto at = std::prev(gaps_.upper_bound(first));
    const std::uint32_t begin = at->first;
    const std::uint32_t end = begin + at->second.pages;
    gaps_.erase(at);
    add_gap(begin, first - begin);
    add_gap(first + count, end - first - count);
}

std::byte* Arena::emptied(std::uint32_t first, std::uint32_t count) const {
    const std::uint64_t page = page_size();
    std::byte* const begin = pointer(begin_ + first * page);
    madvise(begin, count * page, MADV_DONTNEED);
    return begin;
}

bool Arena::give_memory(std::uint32_t first, std::uint32_t count) {
    std::byte* const begin = emptied(first, count);
    if (mprotect(begin, std::size_t{count} * page_size(), PROT_READ | PROT_WRITE) != 0)
        return false;
    for (std::uint32_t i = 0; i < count; ++i) has_memory_[first + i] = true;
    return true;
}

void Arena::take_memory(std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) has_memory_[first + i] = false;
    std::byte* const begin = emptied(first, count);
    // Where the system has no room for more mappings, what machine code writes there is not lost.
    (void)mprotect(begin, std::size_t{count} * page_size(), PROT_READ);
}

std::uint64_t Arena::allocate_pages(std::uint64_t address, std::uint32_t count) {
    if (count == 0 || count > spec().max_entries || address % page_size() != 0) return 0;
    const std::lock_guard lock(changing_);
    const auto first = address == 0 ? smallest_gap(count) : page_of(address);
    if (!first || !is_free(*first, count) || !give_memory(*first, count)) return 0;
    take_from_gap(*first, count);
    return begin_ + std::uint64_t{*first} * page_size();
}

void Arena::free_pages(std::uint64_t address, std::uint32_t count) {
    const auto first = page_of(address);
    if (!first) return;
    const std::lock_guard lock(changing_);
    std::uint32_t begin = *first;
    std::uint32_t end = begin + std::min(count, spec().max_entries - begin);
    if (begin == end) return;
    take_memory(begin, end - begin);
    // With what is free beside them they are one gap.
    auto at = gaps_.upper_bound(begin);
    if (at != gaps_.begin() && std::prev(at)->first + std::prev(at)->second.pages >= begin) --at;
    while (at != gaps_.end() && at->first <= end) {
        begin = std::min(begin, at->first);
        end = std::max(end, at->first + at->second.pages);
        at = gaps_.erase(at);
    }
    add_gap(begin, end - begin);
}

long Arena::reserve_pages(std::uint64_t address, std::uint32_t count) {
    if (count == 0 || address % page_size() != 0) return 0;
    const auto first = page_of(address);
    if (!first || count > spec().max_entries - *first) return -EINVAL;
    const std::lock_guard lock(changing_);
    if (!is_free(*first, count)) return -EBUSY;
    take_from_gap(*first, count);
    return 0;
}

bool Arena::allows(std::uint64_t address, std::uint64_t bytes, bool write) const {
    if (!region_.holds(address, bytes)) return false;
    if (!write) return true;
    const std::uint64_t last = address + bytes - 1;
    return has_memory_[(address - begin_) / page_size()] &&
           has_memory_[(last - begin_) / page_size()];
}

const Region* Arena::nearest(std::uint64_t address) const {
    constexpr std::uint64_t reach = 4096;
    return address + reach - begin_ < bytes() + 2 * reach ? &region_ : nullptr;
}

bool Arena::is_sparse(std::uint64_t address) const { return address >> 32 == 0; }

long Arena::update_elem(const void*, const void*, std::uint64_t, std::uint32_t) {
    return -EOPNOTSUPP;
}

long Arena::delete_elem(const void*) { return -EOPNOTSUPP; }

long Arena::next_key(const void*, void*) { return -EOPNOTSUPP; }

long Arena::copy_out(const void*, std::span<Bytes>) { return -EINVAL; }

long Arena::copy_in(const void*, std::span<const Bytes>, std::uint64_t) { return -EOPNOTSUPP; }

}  // namespace bpftwin
