// What programs of type syscall ask of the kernel around them (kernel/bpf/syscall.c): bpf(2) on
// maps that they create, addresses of symbols, numbers of types.
#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "btf/btf.h"
#include "fmt/format.h"
#include "helpers/calls.h"
#include "helpers/map.h"
#include "helpers/maps/attributes.h"
#include "helpers/maps/map_of_maps.h"
#include "helpers/object_heap.h"
#include "helpers/require.h"
#include "helpers/touch.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

/// union bpf_attr of Linux 6.18, which the system's headers may not have in full.
using Attributes = std::array<std::byte, 168>;

/// The members of union bpf_attr for each command. `end` is where the last one ends.
struct MapCreate {
    static constexpr std::size_t end = 92;
    std::uint32_t type, key_size, value_size, max_entries, flags, inner_fd, numa_node;
    std::array<char, 16> name;
    std::uint32_t ifindex, types_fd, key_type, value_type, kernel_value_type;
    std::uint64_t extra;
    std::uint32_t types_object_fd, token_fd;
    std::uint64_t program_hash;
    std::uint32_t program_hash_size;
};
struct MapElement {
    static constexpr std::size_t end = 32;
    std::uint32_t fd;
    std::uint64_t key, value, flags;
};
struct MapKey {
    static constexpr std::size_t end = 16;
    std::uint32_t fd;
    std::uint64_t key;
};
struct MapFd {
    static constexpr std::size_t end = 4;
    std::uint32_t fd;
};
struct MapId {
    static constexpr std::size_t end = 12;
    std::uint32_t id, next_id, open_flags;
};

bool is_zero(ByteView bytes) {
    return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

/// A command's members; nothing where others are set (CHECK_ATTR).
template <class Members>
std::optional<Members> members_of(const Attributes& attributes) {
    Members members{};
    std::memcpy(&members, attributes.data(), Members::end);
    if (!is_zero(ByteView(attributes).subspan(Members::end))) return std::nullopt;
    return members;
}

long not_simulated(Runtime& runtime, std::string_view what) {
    runtime.stop({.reason = fmt::format("bpf_sys_bpf: {} is not simulated", what)});
    return 0;
}

// --- Descriptors

bool is_open(Runtime& runtime, std::uint32_t fd) { return runtime.descriptors().contains(fd); }

/// The map behind a descriptor, or -EBADF, or -EINVAL for what is no map.
std::expected<Map*, long> map_at(Runtime& runtime, std::uint32_t fd) {
    const auto found = runtime.descriptors().find(fd);
    if (found == runtime.descriptors().end()) return std::unexpected(-EBADF);
    if (!found->second) return std::unexpected(-EINVAL);
    return found->second.get();
}

/// Opens the lowest free descriptor for a map. @return it, or -EMFILE.
long open_map(Runtime& runtime, std::shared_ptr<Map> map) {
    constexpr std::uint32_t most = 1024;  // RLIMIT_NOFILE as the system sets it.
    std::uint32_t fd = 0;
    while (is_open(runtime, fd)) ++fd;
    if (fd >= most) return -EMFILE;
    runtime.descriptors()[fd] = std::move(map);
    return fd;
}

/// What the kernel says of a descriptor that would have to be something else than a map.
long wrong_descriptor(Runtime& runtime, std::uint32_t fd) {
    return is_open(runtime, fd) ? -EINVAL : -EBADF;
}

// --- Commands

constexpr std::uint32_t token_flag = 1U << 16;  // BPF_F_TOKEN_FD.

/// bpf_obj_name_cpy.
bool is_name(const std::array<char, 16>& name) {
    const auto end = std::ranges::find(name, '\0');
    return end != name.end() && std::all_of(name.begin(), end, [](char letter) {
               return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' ||
                      letter == '.';
           });
}

MapSpec spec_of(const MapCreate& wanted) {
    return {.name = std::string(wanted.name.data(), strnlen(wanted.name.data(), 16)),
            .type = static_cast<MapType>(wanted.type),
            .key_size = wanted.key_size,
            .value_size = wanted.value_size,
            .max_entries = wanted.max_entries,
            .map_flags = wanted.flags & ~token_flag,
            .numa_node = wanted.numa_node,
            .map_extra = wanted.extra};
}

/// What is wrong with the types that a map's keys and values are to have, as far as that can be
/// said without a map.
bool has_impossible_types(const MapCreate& wanted) {
    if (wanted.kernel_value_type == 0) return wanted.key_type != 0 && wanted.value_type == 0;
    return static_cast<MapType>(wanted.type) != MapType::struct_ops || wanted.key_type != 0 ||
           wanted.value_type != 0;
}

/// Memory of the host that a map would take.
bool is_too_much(const MapSpec& spec, std::uint32_t cpu_count) {
    constexpr std::uint64_t most = std::uint64_t{1} << 30;
    const std::uint64_t entry = spec.key_size + std::uint64_t{spec.value_size} * cpu_count;
    return entry != 0 && spec.max_entries > most / entry;
}

/// map_create.
long create_map(Runtime& runtime, const Attributes& attributes) {
    const auto wanted = members_of<MapCreate>(attributes);
    if (!wanted || has_impossible_types(*wanted)) return -EINVAL;
    if (wanted->ifindex != 0) return not_simulated(runtime, "a map in a device");
    if (wanted->program_hash != 0) return not_simulated(runtime, "a map for one program");
    if ((wanted->flags & token_flag) != 0) return wrong_descriptor(runtime, wanted->token_fd);
    MapSpec spec = spec_of(*wanted);
    if (spec.type == MapType::array_of_maps || spec.type == MapType::hash_of_maps) {
        const auto inner = map_at(runtime, wanted->inner_fd);
        if (!inner) return inner.error();
        spec.inner = std::make_shared<const MapSpec>((*inner)->spec());
    }
    const std::uint32_t cpu_count = runtime.heap() ? runtime.heap()->cpu_count() : 1;
    if (auto possible = check_map_attributes(spec); !possible) return -possible.error().code;
    if (is_too_much(spec, cpu_count)) return -ENOMEM;
    auto map = Map::create(spec, cpu_count);
    if (!map) return -map.error().code;
    if (!is_name(wanted->name) || wanted->program_hash_size != 0) return -EINVAL;
    // The only types that there could be are those of BPF_BTF_LOAD.
    if (wanted->value_type != 0 || wanted->kernel_value_type != 0)
        return wrong_descriptor(runtime, wanted->types_fd);
    return open_map(runtime, std::move(*map));
}

std::optional<Bytes> bytes_at(Runtime& runtime, std::uint64_t address, std::size_t size) {
    Bytes bytes(size);
    if (!runtime.probe_read(bytes.data(), address, size)) return std::nullopt;
    return bytes;
}

/// The value in memory: one, or one for each CPU, every 8 bytes.
std::optional<std::vector<Bytes>> values_at(Runtime& runtime, const Map& map,
                                            std::uint64_t address) {
    constexpr std::uint64_t unit = 8;
    const std::uint32_t size = map.spec().value_size;
    const std::uint64_t stride = (size + unit - 1) / unit * unit;
    std::vector<Bytes> values(map.is_per_cpu() ? map.cpu_count() : 1);
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto value = bytes_at(runtime, address + i * stride, size);
        if (!value) return std::nullopt;
        values[i] = std::move(*value);
    }
    return values;
}

/// A map's key in memory (___bpf_copy_key).
std::expected<Bytes, long> key_at(Runtime& runtime, const Map& map, std::uint64_t address) {
    const std::uint32_t size = map.spec().key_size;
    if (size == 0 && address != 0) return std::unexpected(-EINVAL);
    auto key = bytes_at(runtime, address, size);
    if (!key) return std::unexpected(-EFAULT);
    return std::move(*key);
}

long code_of(const Result<void>& done) { return done ? 0 : -done.error().code; }

long update_element(Runtime& runtime, const Attributes& attributes) {
    const auto element = members_of<MapElement>(attributes);
    if (!element) return -EINVAL;
    const auto map = map_at(runtime, element->fd);
    if (!map) return map.error();
    if (dynamic_cast<MapOfMaps*>(*map)) return not_simulated(runtime, "to put maps into maps");
    const auto key = key_at(runtime, **map, element->key);
    if (!key) return key.error();
    const auto values = values_at(runtime, **map, element->value);
    if (!values) return -EFAULT;
    return code_of((*map)->update(*key, *values, element->flags));
}

long delete_element(Runtime& runtime, const Attributes& attributes) {
    const auto element = members_of<MapKey>(attributes);
    if (!element) return -EINVAL;
    const auto map = map_at(runtime, element->fd);
    if (!map) return map.error();
    const auto key = key_at(runtime, **map, element->key);
    return key ? code_of((*map)->erase(*key)) : key.error();
}

long freeze_map(Runtime& runtime, const Attributes& attributes) {
    const auto which = members_of<MapFd>(attributes);
    if (!which) return -EINVAL;
    const auto map = map_at(runtime, which->fd);
    return map ? code_of((*map)->freeze()) : map.error();
}

/// Nothing tells a program the number of a map here, so none has that one.
long open_by_id(Runtime&, const Attributes& attributes) {
    constexpr std::uint32_t access = BPF_F_RDONLY | BPF_F_WRONLY;
    const auto which = members_of<MapId>(attributes);
    if (!which || (which->open_flags & ~access) != 0 || which->open_flags == access) return -EINVAL;
    return -ENOENT;
}

/// Commands that the kernel lets programs give, and the map commands among them, which are those
/// that run here.
struct Command {
    std::uint32_t number;
    std::string_view name;
    long (*run)(Runtime& runtime, const Attributes& attributes);
};
constexpr Command commands[] = {
    {BPF_MAP_CREATE, "BPF_MAP_CREATE", create_map},
    {BPF_MAP_UPDATE_ELEM, "BPF_MAP_UPDATE_ELEM", update_element},
    {BPF_MAP_DELETE_ELEM, "BPF_MAP_DELETE_ELEM", delete_element},
    {BPF_MAP_FREEZE, "BPF_MAP_FREEZE", freeze_map},
    {BPF_MAP_GET_FD_BY_ID, "BPF_MAP_GET_FD_BY_ID", open_by_id},
    {BPF_PROG_LOAD, "BPF_PROG_LOAD", nullptr},
    {BPF_BTF_LOAD, "BPF_BTF_LOAD", nullptr},
    {BPF_LINK_CREATE, "BPF_LINK_CREATE", nullptr},
    {BPF_RAW_TRACEPOINT_OPEN, "BPF_RAW_TRACEPOINT_OPEN", nullptr},
};

/// A name that a program gives with its size; nothing where it does not end there.
std::optional<std::string_view> name_in(const char* name, std::int32_t size) {
    if (size <= 1 || name[size - 1] != '\0') return std::nullopt;
    return std::string_view(name, strnlen(name, static_cast<std::size_t>(size)));
}

}  // namespace

long sys_bpf(Runtime& runtime, std::uint32_t number, const void* given, std::uint32_t size) {
    Attributes attributes{};
    const auto* command = std::ranges::find(commands, number, &Command::number);
    if (command == std::end(commands)) return -EINVAL;
    if (size > page_size()) return -E2BIG;
    if (!require_memory(runtime, given, size)) return 0;
    touch_readable(given, size);
    const ByteView bytes(static_cast<const std::byte*>(given), size);
    const std::size_t known = std::min<std::size_t>(size, attributes.size());
    if (!is_zero(bytes.subspan(known))) return -E2BIG;
    std::ranges::copy(bytes.first(known), attributes.begin());
    return command->run ? command->run(runtime, attributes) : not_simulated(runtime, command->name);
}

long sys_close(Runtime& runtime, std::uint32_t fd) {
    return runtime.descriptors().erase(fd) != 0 ? 0 : -EBADF;
}

long kallsyms_lookup_name(Runtime& runtime, const char* name, std::int32_t size, std::int32_t flags,
                          std::uint64_t* address) {
    *address = 0;
    const auto wanted = name_in(name, size);
    if (flags != 0 || !wanted) return -EINVAL;
    for (const auto& [symbol, place] : runtime.world().world().symbols)
        if (symbol == *wanted) *address = place;
    return *address != 0 ? 0 : -ENOENT;
}

long btf_find_by_name_kind(Runtime& runtime, const char* name, std::int32_t size,
                           std::uint32_t kind, std::int32_t flags) {
    const auto wanted = name_in(name, size);
    if (flags != 0 || !wanted) return -EINVAL;
    const Btf* types = runtime.objects() ? runtime.objects()->types() : nullptr;
    if (!types) return -EINVAL;
    // The kernel takes the kind as a byte.
    const auto found = types->find(*wanted, static_cast<BtfKind>(static_cast<std::uint8_t>(kind)));
    return found ? static_cast<long>(*found) : -ENOENT;
}

}  // namespace bpftwin::calls
