#include "helpers/maps/socket_maps.h"

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

namespace bpftwin {
namespace {

/// What user space gives. @return 0 for a value that no file descriptor has.
std::uint64_t cookie_from(const Bytes& value) {
    constexpr std::uint64_t largest = std::numeric_limits<std::int32_t>::max();
    std::uint64_t cookie = 0;
    std::memcpy(&cookie, value.data(), std::min(value.size(), sizeof cookie));
    return cookie <= largest ? cookie : 0;
}

/// User space sees cookies where they fit only.
long show_cookie(std::uint64_t cookie, Bytes& value) {
    if (value.size() != sizeof cookie) return -ENOSPC;
    if (cookie == 0) return -ENOENT;
    std::memcpy(value.data(), &cookie, sizeof cookie);
    return 0;
}

}  // namespace

SocketHolder* socket_holder(Map& map) {
    switch (map.spec().type) {
        case MapType::sockmap:
        case MapType::reuseport_sockarray: return static_cast<SocketArray*>(&map);
        case MapType::sockhash: return static_cast<SocketHash*>(&map);
        default: return nullptr;
    }
}

Result<std::unique_ptr<Map>> SocketArray::create(const MapSpec& spec, std::uint32_t cpu_count) {
    auto slots = create_slots(spec);
    if (!slots) return std::unexpected(slots.error());
    return std::unique_ptr<Map>(new SocketArray(spec, cpu_count, std::move(*slots)));
}

long SocketArray::keep(const void* key, std::uint64_t cookie, std::uint64_t flags) {
    const std::uint32_t index = word(key);
    if (flags > update_flag::exist) return -EINVAL;
    if (index >= max_entries()) return -E2BIG;
    for (std::uint64_t known = slot(index);;) {
        if (known != 0 && flags == update_flag::noexist) return -EEXIST;
        if (known == 0 && flags == update_flag::exist) return -ENOENT;
        if (replace(index, known, cookie)) return 0;
    }
}

long SocketArray::delete_elem(const void* key) {
    const std::uint32_t index = word(key);
    const bool reuseport = spec().type == MapType::reuseport_sockarray;
    if (index >= max_entries()) return reuseport ? -E2BIG : -EINVAL;
    if (exchange(index, 0) != 0) return 0;
    return reuseport ? -ENOENT : -EINVAL;
}

long SocketArray::copy_out(const void* key, std::span<Bytes> values) {
    return show_cookie(slot(word(key)), values.front());
}

long SocketArray::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    const std::uint64_t cookie = cookie_from(values.front());
    return cookie == 0 ? -EINVAL : keep(key, cookie, flags);
}

Result<std::unique_ptr<Map>> SocketHash::create(const MapSpec& spec, std::uint32_t cpu_count) {
    MapSpec inner = spec;
    inner.type = MapType::hash;
    inner.value_size = sizeof(std::uint64_t);
    auto cookies = HashMap::create(inner, cpu_count, {});
    if (!cookies) return std::unexpected(cookies.error());
    return std::unique_ptr<Map>(new SocketHash(spec, cpu_count, std::move(*cookies)));
}

std::uint64_t SocketHash::cookie_at(const void* key) {
    // Other threads may store another socket's at the same time, or delete the element, whose
    // memory may then be another key's.
    for (const void* value = cookies_->lookup_elem(key, 0);;) {
        if (!value) return 0;
        const std::uint64_t cookie = load_acquire(*static_cast<const std::uint64_t*>(value));
        const void* const found = std::exchange(value, cookies_->lookup_elem(key, 0));
        if (found == value) return cookie;
    }
}

long SocketHash::keep(const void* key, std::uint64_t cookie, std::uint64_t flags) {
    if (flags > update_flag::exist) return -EINVAL;
    return cookies_->update_elem(key, &cookie, flags, 0);
}

long SocketHash::update_elem(const void*, const void*, std::uint64_t, std::uint32_t) {
    return -EOPNOTSUPP;
}

long SocketHash::delete_elem(const void* key) { return cookies_->delete_elem(key); }

long SocketHash::next_key(const void* key, void* next) { return cookies_->next_key(key, next); }

long SocketHash::copy_out(const void* key, std::span<Bytes> values) {
    return show_cookie(cookie_at(key), values.front());
}

long SocketHash::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    const std::uint64_t cookie = cookie_from(values.front());
    return cookie == 0 ? -EINVAL : keep(key, cookie, flags);
}

}  // namespace bpftwin
