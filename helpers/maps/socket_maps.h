// Maps of sockets: sockmap and reuseport_sockarray by index, sockhash by key (net/core/sock_map.c,
// kernel/bpf/reuseport_array.c). A socket is kept by its cookie, as it belongs to the world of a
// run; user space gives the cookie where a kernel wants a file descriptor.
#pragma once

#include <memory>

#include "helpers/maps/hash_map.h"
#include "helpers/maps/slot_map.h"

namespace bpftwin {

/// What the map types have in common for helpers.
class SocketHolder {
public:
    virtual ~SocketHolder() = default;
    /// Cookie of the socket at a key; 0: there is none.
    [[nodiscard]] virtual std::uint64_t cookie_at(const void* key) = 0;
    /// Keeps a socket. @return 0 or the kernel's errno.
    virtual long keep(const void* key, std::uint64_t cookie, std::uint64_t flags) = 0;
};

/// The holder in a map of one of these types, or null.
SocketHolder* socket_holder(Map& map);

class SocketArray final : public SlotMap, public SocketHolder {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    [[nodiscard]] std::uint64_t cookie_at(const void* key) override { return slot(word(key)); }
    long keep(const void* key, std::uint64_t cookie, std::uint64_t flags) override;
    long delete_elem(const void* key) override;

protected:
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    using SlotMap::SlotMap;
};

class SocketHash final : public Map, public SocketHolder {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    [[nodiscard]] std::uint64_t cookie_at(const void* key) override;
    long keep(const void* key, std::uint64_t cookie, std::uint64_t flags) override;

    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) override;
    long delete_elem(const void* key) override;
    long next_key(const void* key, void* next) override;

protected:
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    SocketHash(const MapSpec& spec, std::uint32_t cpu_count, std::unique_ptr<HashMap> cookies)
        : Map(spec, cpu_count, {}), cookies_(std::move(cookies)) {}

    std::unique_ptr<HashMap> cookies_;
};

}  // namespace bpftwin
