// Region table: sorted, searched by bisection.
#include "vm/memory.h"

#include <algorithm>

#include "bpftwin/error.h"

namespace bpftwin {

bool Region::holds(std::uint64_t address, std::uint64_t bytes) const {
    if (address < begin || bytes > size || address - begin > size - bytes) return false;
    if (stride == 0) return true;
    return (address - begin) % stride + bytes <= element;
}

std::string Region::title() const {
    if (kind.empty()) return name;
    return std::string(kind).append(" ").append(owner);
}

void Memory::add(Region region) {
    auto at = std::ranges::lower_bound(regions_, region.begin, {}, &Region::begin);
    bool overlaps = (at != regions_.end() && region.end() > at->begin) ||
                    (at != regions_.begin() && std::prev(at)->end() > region.begin);
    if (overlaps) bug("memory regions overlap: " + region.title());
    regions_.insert(at, std::move(region));
}

void Memory::remove(std::uint64_t begin) {
    auto at = std::ranges::lower_bound(regions_, begin, {}, &Region::begin);
    if (at != regions_.end() && at->begin == begin) regions_.erase(at);
}

const Region* Memory::find(std::uint64_t address) const {
    auto after = std::ranges::upper_bound(regions_, address, {}, &Region::begin);
    if (after == regions_.begin()) return nullptr;
    const Region& region = *std::prev(after);
    return address < region.end() ? &region : nullptr;
}

bool Memory::sources_allow(std::uint64_t address, std::uint64_t bytes, bool write) const {
    return std::ranges::any_of(sources_, [&](const MemorySource* source) {
        return source->allows(address, bytes, write);
    });
}

bool Memory::allows(std::uint64_t address, std::uint64_t bytes, bool write) const {
    const Region* region = find(address);
    if (!region)
        return sources_allow(address, bytes, write) ||
               (shared_ && shared_->allows(address, bytes, write));
    return region->holds(address, bytes) && (region->writable || !write);
}

bool Memory::is_sparse(std::uint64_t address) const {
    const auto is_so = [&](const MemorySource* source) { return source->is_sparse(address); };
    return std::ranges::any_of(sources_, is_so) || (shared_ && shared_->is_sparse(address));
}

const Region* Memory::nearest(std::uint64_t address) const {
    constexpr std::uint64_t reach = 4096;
    if (const Region* region = find(address)) return region;
    const Region* best = shared_ ? shared_->nearest(address) : nullptr;
    for (const MemorySource* source : sources_)
        if (!best) best = source->nearest(address);
    auto distance = [address](const Region& region) {
        return address < region.begin ? region.begin - address : address - region.end();
    };
    for (const Region& region : regions_)
        if (distance(region) < reach && (!best || distance(region) < distance(*best)))
            best = &region;
    return best;
}

}  // namespace bpftwin
