#include "vm/object_memory.h"

#include <sys/mman.h>

#include <utility>

namespace bpftwin {
namespace {

constexpr std::uint64_t chunk = 256 << 10;
constexpr std::uint64_t alignment = 64;
/// Between objects, so that each is told apart.
constexpr std::uint64_t gap = 64;

std::uint64_t rounded(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

}  // namespace

ObjectMemory::~ObjectMemory() {
    if (begin_ != 0) munmap(reinterpret_cast<void*>(begin_), capacity);
}

void ObjectMemory::attach(Memory& memory) {
    program_ = &memory;
    for (const Region& region : made_) memory.add(region);
}

bool ObjectMemory::grow(std::uint64_t end) {
    if (end > capacity) return false;
    if (begin_ == 0) {
        void* mapped =
            mmap(nullptr, capacity, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (mapped == MAP_FAILED) return false;
        begin_ = reinterpret_cast<std::uint64_t>(mapped);
        used_ = chunk;  // The first and the last bytes of the mapping hold nothing.
        committed_ = chunk;
        return grow(end + chunk);
    }
    if (end <= committed_) return true;
    const std::uint64_t wanted = rounded(end, chunk);
    if (wanted >= capacity || mprotect(reinterpret_cast<void*>(begin_ + committed_),
                                       wanted - committed_, PROT_READ | PROT_WRITE) != 0)
        return false;
    committed_ = wanted;
    return true;
}

std::uint64_t ObjectMemory::allocate(std::uint64_t bytes, std::string name, bool writable) {
    if (bytes == 0 || bytes > capacity || !grow(used_ + bytes + gap)) return 0;
    const std::uint64_t address = begin_ + used_;
    used_ += rounded(bytes + gap, alignment);
    Region region{.begin = address,
                  .size = bytes,
                  .writable = writable_ || writable,
                  .name = std::move(name)};
    objects_.add(region);
    if (program_ != nullptr) program_->add(region);
    made_.push_back(std::move(region));
    return address;
}

}  // namespace bpftwin
