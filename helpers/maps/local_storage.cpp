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
    : Map(spec, cpu_count, fields),
      values_(std::move(values)),
      stride_(round_up_8(spec.value_size)) {}

Result<std::unique_ptr<Map>> LocalStorage::create(const MapSpec& spec, std::uint32_t cpu_count,
                                                  const ValueFields& fields) {
    auto values = Slab::create(most_owners, round_up_8(spec.value_size));
    if (!values) return std::unexpected(values.error());
    return std::unique_ptr<Map>(new LocalStorage(spec, cpu_count, fields, std::move(*values)));
}

void* LocalStorage::find(std::uint64_t owner) {
    const std::lock_guard guard(mutex_);
    const auto found = owners_.find(owner);
    return found == owners_.end() ? nullptr : values_.begin() + found->second * stride_;
}

void* LocalStorage::create_locked(std::uint64_t owner, const void* initial) {
    if (free_.empty() && next_ == most_owners) return nullptr;
    std::uint32_t place = next_;
    if (free_.empty()) {
        ++next_;
    } else {
        place = free_.back();
        free_.pop_back();
    }
    owners_[owner] = place;
    std::byte* value = values_.begin() + place * stride_;
    if (initial)
        std::memcpy(value, initial, spec().value_size);
    else
        std::memset(value, 0, spec().value_size);
    return value;
}

void* LocalStorage::find_or_create(std::uint64_t owner, const void* initial) {
    const std::lock_guard guard(mutex_);
    const auto found = owners_.find(owner);
    if (found != owners_.end()) return values_.begin() + found->second * stride_;
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
    return {value_region(values_.begin(), values_.bytes(), stride_)};
}

long LocalStorage::copy_out(const void* key, std::span<Bytes> values) {
    const void* value = find(owner_of(key));
    if (!value) return -ENOENT;
    std::memcpy(values.front().data(), value, values.front().size());
    return 0;
}

long LocalStorage::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    if (flags > update_flag::exist) return -EINVAL;
    const std::lock_guard guard(mutex_);
    const auto found = owners_.find(owner_of(key));
    const bool exists = found != owners_.end();
    if (exists && flags == update_flag::noexist) return -EEXIST;
    if (!exists && flags == update_flag::exist) return -ENOENT;
    if (!exists) return create_locked(owner_of(key), values.front().data()) ? 0 : -ENOMEM;
    std::memcpy(values_.begin() + found->second * stride_, values.front().data(),
                spec().value_size);
    return 0;
}

}  // namespace bpftwin
