#include "helpers/maps/value_layout.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "helpers/maps/atomic_word.h"

namespace bpftwin {
namespace {

constexpr std::uint32_t lock_size = 4;

struct ToMap {
    template <class T>
    static void piece(std::byte* to, const std::byte* from) {
        T word;
        std::memcpy(&word, from, sizeof word);
        store_relaxed(*reinterpret_cast<T*>(to), word);
    }
    static const std::byte* map_side(const std::byte* to, const std::byte*) { return to; }
};

struct FromMap {
    template <class T>
    static void piece(std::byte* to, const std::byte* from) {
        const T word = load_relaxed(*reinterpret_cast<const T*>(from));
        std::memcpy(to, &word, sizeof word);
    }
    static const std::byte* map_side(const std::byte*, const std::byte* from) { return from; }
};

/// Copies one piece where it fits and the map's side is aligned to it. @return its size, or 0.
template <class Direction, class T>
std::size_t copy_piece(std::byte* to, const std::byte* from, std::size_t left) {
    const auto address = reinterpret_cast<std::uintptr_t>(Direction::map_side(to, from));
    if (left < sizeof(T) || address % sizeof(T) != 0) return 0;
    Direction::template piece<T>(to, from);
    return sizeof(T);
}

template <class Direction>
void copy_pieces(std::byte* to, const std::byte* from, std::size_t bytes) {
    while (bytes != 0) {
        std::size_t done = copy_piece<Direction, std::uint64_t>(to, from, bytes);
        if (done == 0) done = copy_piece<Direction, std::uint32_t>(to, from, bytes);
        if (done == 0) done = copy_piece<Direction, std::uint16_t>(to, from, bytes);
        if (done == 0) done = copy_piece<Direction, std::uint8_t>(to, from, bytes);
        to += done;
        from += done;
        bytes -= done;
    }
}

}  // namespace

void copy_to_map(std::byte* to, const std::byte* from, std::size_t bytes) {
    copy_pieces<ToMap>(to, from, bytes);
}

void copy_from_map(std::byte* to, const std::byte* from, std::size_t bytes) {
    copy_pieces<FromMap>(to, from, bytes);
}

ValueLayout::ValueLayout(std::uint32_t size, const ValueFields& fields)
    : size_(size), fields_(fields) {
    if (fields.spin_lock) parts_.push_back({*fields.spin_lock, lock_size});
    for (const SpecialField& field : fields.others) parts_.push_back({field.offset, field.size});
    std::ranges::sort(parts_, {}, &Part::offset);
    parts_.push_back({size, 0});
}

void ValueLayout::store(std::byte* slot, const std::byte* value) const {
    std::uint32_t begin = 0;
    for (const Part& part : parts_) {
        copy_to_map(slot + begin, value + begin, part.offset - begin);
        begin = part.offset + part.size;
    }
}

void ValueLayout::load(const std::byte* slot, std::byte* value) const {
    copy_from_map(value, slot, size_);
    for (const Part& part : parts_) std::memset(value + part.offset, 0, part.size);
}

long ValueLayout::store_locked(std::byte* slot, const std::byte* value) const {
    std::byte* lock = slot + *fields_.spin_lock;
    if (!value_lock::acquire(lock)) return -ETIMEDOUT;
    store(slot, value);
    value_lock::release(lock);
    return 0;
}

namespace {

void write_zeros(std::byte* to, std::uint32_t bytes) {
    static constexpr std::byte zeros[64]{};
    while (bytes != 0) {
        const std::uint32_t piece = std::min(bytes, std::uint32_t{sizeof zeros});
        copy_to_map(to, zeros, piece);
        to += piece;
        bytes -= piece;
    }
}

}  // namespace

void ValueLayout::clear(std::byte* slot) const {
    std::uint32_t begin = 0;
    for (const Part& part : parts_) {
        write_zeros(slot + begin, part.offset - begin);
        begin = part.offset + part.size;
    }
}

void ValueLayout::free_owned(std::byte* slot) const {
    fields_.owner->free_fields(fields_.others, slot);
    for (const SpecialField& field : fields_.others) write_zeros(slot + field.offset, field.size);
}

namespace value_lock {

namespace {

constexpr auto patience = std::chrono::milliseconds(250);

bool attempt(void* lock) {
    return __atomic_exchange_n(static_cast<std::uint32_t*>(lock), 1U, __ATOMIC_ACQUIRE) == 0;
}

}  // namespace

bool acquire(void* lock) {
    if (attempt(lock)) return true;
    const auto give_up = std::chrono::steady_clock::now() + patience;
    for (Backoff backoff; !attempt(lock); backoff.wait())
        if (std::chrono::steady_clock::now() > give_up) return false;
    return true;
}

void release(void* lock) { store_release(*static_cast<std::uint32_t*>(lock), 0U); }

}  // namespace value_lock
}  // namespace bpftwin
