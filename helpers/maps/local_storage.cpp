#include "helpers/maps/local_storage.h"

#include <cerrno>
#include <cstring>

#include "helpers/maps/attributes.h"

namespace bpftwin {
namespace {

std::uint64_t owner_of(const void* key) {
    std::uint32_t number = 0;
    std::memcpy(&number, key, sizeof number);
    return number;
}

}  // namespace

LocalStorage::LocalStorage(const MapSpec& spec, std::uint32_t cpu_count, const ValueFields& fields,
                           Slab values)
    : Map(spec, cpu_count, fields), layout_(spec.value_size, fields), values_(std::move(values)) {}

Result<std::unique_ptr<Map>> LocalStorage::create(const MapSpec& spec, std::uint32_t cpu_count,
                                                  const ValueFields& fields) {
    auto values = Slab::create(most_owners, ValueLayout(spec.value_size, fields).stride());
    if (!values) return std::unexpected(values.error());
    return std::unique_ptr<Map>(new LocalStorage(spec, cpu_count, fields, std::move(*values)));
}

void* LocalStorage::find(std::uint64_t owner) {
    const std::lock_guard guard(mutex_);
    const auto found = owners_.find(owner);
    return found == owners_.end() ? nullptr : value_at(found->second);
}

void* LocalStorage::create_locked(std::uint64_t owner, const void* initial) {
    if (free_.empty() && next_ == most_owners) return nullptr;
    std::uint32_t place = next_;
    if (next_ == most_owners || free_.size() > quarantine) {
        place = free_.front();
        free_.pop_front();
    } else {
        ++next_;
    }
    owners_[owner] = place;
    std::byte* value = value_at(place);
    // Also the lock's word, which the owner before may have left taken.
    ValueLayout(spec().value_size, {}).clear(value);
    if (initial) layout_.store(value, static_cast<const std::byte*>(initial));
    return value;
}

void* LocalStorage::find_or_create(std::uint64_t owner, const void* initial) {
    const std::lock_guard guard(mutex_);
    const auto found = owners_.find(owner);
    if (found != owners_.end()) return value_at(found->second);
    return create_locked(owner, initial);
}

long LocalStorage::erase_owner(std::uint64_t owner) {
    const std::lock_guard guard(mutex_);
    const auto found = owners_.find(owner);
    if (found == owners_.end()) return -ENOENT;
    free_.push_back(found->second);
    owners_.erase(found);
    return 0;
}

long LocalStorage::update_elem(const void*, const void*, std::uint64_t, std::uint32_t) {
    return -EINVAL;
}

long LocalStorage::delete_elem(const void* key) { return erase_owner(owner_of(key)); }

long LocalStorage::next_key(const void*, void*) { return -enotsupp; }

std::vector<Region> LocalStorage::regions() const {
    return {value_region(values_.begin(), values_.bytes(), layout_.stride())};
}

long LocalStorage::copy_out(const void* key, std::span<Bytes> values) {
    const void* value = find(owner_of(key));
    if (!value) return -ENOENT;
    layout_.load(static_cast<const std::byte*>(value), values.front().data());
    return 0;
}

// bpf_local_storage_update.
long LocalStorage::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    const bool locked = (flags & update_flag::lock) != 0;
    flags &= ~update_flag::lock;
    if (flags > update_flag::exist || (locked && !layout_.has_spin_lock())) return -EINVAL;
    const std::lock_guard guard(mutex_);
    const auto found = owners_.find(owner_of(key));
    const bool exists = found != owners_.end();
    if (exists && flags == update_flag::noexist) return -EEXIST;
    if (!exists && flags == update_flag::exist) return -ENOENT;
    const std::byte* bytes = values.front().data();
    if (!exists) return create_locked(owner_of(key), bytes) ? 0 : -ENOMEM;
    if (locked) return layout_.store_locked(value_at(found->second), bytes);
    layout_.store(value_at(found->second), bytes);
    return 0;
}

}  // namespace bpftwin
