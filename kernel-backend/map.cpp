#include "kernel-backend/map.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "fmt/format.h"
#include "helpers/maps/attributes.h"
#include "kernel-backend/attribute.h"

namespace bpftwin::kernel {
namespace {

constexpr std::size_t rounded_up_8(std::size_t size) { return (size + 7) / 8 * 8; }

/// Types whose creation refuses BTF ids, which libbpf therefore leaves out
/// (bpf_object__create_map).
bool takes_btf(MapType type) {
    constexpr auto without = std::to_array<MapType>(
        {MapType::perf_event_array, MapType::cgroup_array, MapType::stack_trace,
         MapType::array_of_maps, MapType::hash_of_maps, MapType::devmap, MapType::devmap_hash,
         MapType::cpumap, MapType::xskmap, MapType::sockmap, MapType::sockhash, MapType::queue,
         MapType::stack, MapType::arena});
    return std::ranges::find(without, type) == without.end();
}

/// Types without keys, or whose values user space cannot read.
bool has_readable_entries(MapType type) {
    constexpr auto without = std::to_array<MapType>(
        {MapType::queue, MapType::stack, MapType::ringbuf, MapType::user_ringbuf,
         MapType::bloom_filter, MapType::perf_event_array, MapType::arena, MapType::xskmap,
         MapType::sk_storage, MapType::inode_storage, MapType::task_storage, MapType::cgrp_storage,
         MapType::cgroup_array, MapType::struct_ops});
    return std::ranges::find(without, type) == without.end();
}

bool holds_sockets(MapType type) {
    return type == MapType::sockmap || type == MapType::sockhash ||
           type == MapType::reuseport_sockarray;
}

/// Names of sections are freer than those of maps.
bool is_refused_in_names(char c) {
    return c != '\0' && c != '.' && c != '_' && std::isalnum(static_cast<unsigned char>(c)) == 0;
}

Attribute creation(const MapSpec& spec, const MapParts& parts, bool with_btf) {
    Attribute attr;
    attr->map_type = static_cast<std::uint32_t>(spec.type);
    attr->key_size = spec.key_size;
    attr->value_size = spec.value_size;
    attr->max_entries = spec.max_entries;
    attr->map_flags = spec.map_flags;
    attr->numa_node = spec.numa_node;
    attr->map_extra = spec.map_extra;
    attr->inner_map_fd = static_cast<std::uint32_t>(parts.inner);
    spec.name.copy(attr->map_name, BPF_OBJ_NAME_LEN - 1);
    std::ranges::replace_if(attr->map_name, is_refused_in_names, '_');
    if (with_btf) {
        attr->btf_fd = static_cast<std::uint32_t>(parts.btf);
        attr->btf_key_type_id = spec.btf_key_type_id;
        attr->btf_value_type_id = spec.btf_value_type_id;
    }
    return attr;
}

bool is_absent(const Error& error) { return error.code == ENOENT; }

}  // namespace

bool is_per_cpu(MapType type) {
    return type == MapType::percpu_array || type == MapType::percpu_hash ||
           type == MapType::lru_percpu_hash || type == MapType::percpu_cgroup_storage;
}

Result<std::unique_ptr<KernelMap>> KernelMap::create(Kernel& kernel, const MapSpec& spec,
                                                     const MapParts& parts) {
    const bool with_btf = parts.btf != 0 && takes_btf(spec.type);
    auto made = creation(spec, parts, with_btf).call(kernel, BPF_MAP_CREATE);
    // What the types say is not worth a map, as libbpf has it.
    if (!made && with_btf) made = creation(spec, parts, false).call(kernel, BPF_MAP_CREATE);
    if (!made) {
        const Error& error = made.error();
        return fail(
            fmt::format("map {}: the kernel does not create it: {}", spec.name, error.message),
            error.code);
    }
    std::unique_ptr<KernelMap> map(new KernelMap(kernel, spec, Descriptor(kernel, *made)));
    if (parts.types && spec.btf_value_type_id != 0)
        map->own_ = special_fields_of(*parts.types, spec.btf_value_type_id, nullptr);
    return map;
}

std::uint32_t KernelMap::copies() const {
    return is_per_cpu(spec_.type) ? kernel_->cpu_count() : 1;
}

// Values of different CPUs begin at multiples of 8.
Bytes KernelMap::packed(const std::vector<Bytes>& values) const {
    if (!is_per_cpu(spec_.type)) return values.empty() ? Bytes{} : values.front();
    const std::size_t step = rounded_up_8(spec_.value_size);
    Bytes all(step * copies());
    for (std::size_t cpu = 0; cpu < copies(); ++cpu) {
        const Bytes& value = values.size() == 1 ? values.front() : values.at(cpu);
        std::ranges::copy(value, all.begin() + static_cast<std::ptrdiff_t>(cpu * step));
    }
    return all;
}

std::vector<Bytes> KernelMap::unpacked(ByteView all) const {
    std::vector<Bytes> values;
    for (std::size_t cpu = 0; cpu < copies(); ++cpu) {
        const auto value = all.subspan(cpu * rounded_up_8(spec_.value_size), spec_.value_size);
        Bytes& copy = values.emplace_back(value.begin(), value.end());
        // Empty lists are shown as pointers to themselves, wherever the kernel had the copy.
        for (const SpecialField& field : own_)
            if (field.offset + std::uint64_t{field.size} <= copy.size())
                std::fill_n(copy.begin() + field.offset, field.size, std::byte{});
    }
    return values;
}

std::size_t KernelMap::value_bytes() const {
    return is_per_cpu(spec_.type) ? rounded_up_8(spec_.value_size) * copies() : spec_.value_size;
}

Result<std::vector<Bytes>> KernelMap::lookup_by(int command, ByteView key) {
    Bytes value(value_bytes());
    Attribute attr;
    attr->map_fd = map_fd();
    // A bloom filter is asked for a value.
    const bool by_value = spec_.type == MapType::bloom_filter && command == BPF_MAP_LOOKUP_ELEM;
    if (by_value && key.size() == value.size()) std::ranges::copy(key, value.begin());
    if (!by_value && !key.empty()) attr.input(attr->key, key);
    if (by_value)
        attr.input(attr->value, value, true);
    else
        attr.output(attr->value, value);
    auto done = attr.call(*kernel_, command);
    if (!done) return std::unexpected(done.error().in("map " + spec_.name));
    return unpacked(value);
}

Result<std::vector<Bytes>> KernelMap::lookup(ByteView key) {
    return lookup_by(BPF_MAP_LOOKUP_ELEM, key);
}

Result<std::vector<Bytes>> KernelMap::take(ByteView key) {
    return lookup_by(BPF_MAP_LOOKUP_AND_DELETE_ELEM, key);
}

Result<void> KernelMap::update(ByteView key, const std::vector<Bytes>& values,
                               std::uint64_t flags) {
    if (is_per_cpu(spec_.type) && values.size() != 1 && values.size() != copies())
        return fail(
            fmt::format("map {}: {} values for {} CPUs", spec_.name, values.size(), copies()),
            EINVAL);
    if (holds_sockets(spec_.type))
        return fail(fmt::format("map {}: a kernel takes file descriptors of sockets, not cookies",
                                spec_.name),
                    enotsupp);
    const Bytes value = packed(values);
    Attribute attr;
    attr->map_fd = map_fd();
    attr->flags = flags;
    if (!key.empty()) attr.input(attr->key, key);
    attr.input(attr->value, value);
    auto done = attr.call(*kernel_, BPF_MAP_UPDATE_ELEM);
    if (!done) return std::unexpected(done.error().in("map " + spec_.name));
    return {};
}

Result<void> KernelMap::send(ByteView record) {
    if (spec_.type != MapType::user_ringbuf) return MapView::send(record);
    auto done = kernel_->put_ring_record(descriptor(), spec_.max_entries, record);
    if (!done) return std::unexpected(done.error().in("map " + spec_.name));
    return {};
}

Result<void> KernelMap::erase(ByteView key) {
    Attribute attr;
    attr->map_fd = map_fd();
    if (!key.empty()) attr.input(attr->key, key);
    auto done = attr.call(*kernel_, BPF_MAP_DELETE_ELEM);
    if (!done) return std::unexpected(done.error().in("map " + spec_.name));
    return {};
}

/// Replaces `key` by the one behind it.
/// @return false at the end.
Result<bool> KernelMap::next_key(Bytes& key, bool first) {
    Bytes next(key.size());
    Attribute attr;
    attr->map_fd = map_fd();
    if (!first) attr.input(attr->key, key);
    attr.output(attr->next_key, next);
    auto done = attr.call(*kernel_, BPF_MAP_GET_NEXT_KEY);
    if (!done && is_absent(done.error())) return false;
    if (!done) return std::unexpected(done.error().in("map " + spec_.name));
    key = std::move(next);
    return true;
}

Result<Bytes> KernelMap::key_after(std::optional<ByteView> key) {
    Bytes next(spec_.key_size);
    Attribute attr;
    attr->map_fd = map_fd();
    if (key && !key->empty()) attr.input(attr->key, *key);
    attr.output(attr->next_key, next);
    auto done = attr.call(*kernel_, BPF_MAP_GET_NEXT_KEY);
    if (!done) return std::unexpected(done.error().in("map " + spec_.name));
    return next;
}

Result<std::vector<MapEntry>> KernelMap::entries() {
    std::vector<MapEntry> entries;
    if (!has_readable_entries(spec_.type)) return entries;
    Bytes key(spec_.key_size);
    for (bool first = true;; first = false) {
        auto more = next_key(key, first);
        if (!more) return std::unexpected(more.error());
        if (!*more) return entries;
        auto values = lookup(key);
        if (values)
            entries.push_back({key, std::move(*values)});
        else if (!is_absent(values.error()))
            return std::unexpected(values.error());
    }
}

Result<void> KernelMap::freeze() {
    Attribute attr;
    attr->map_fd = map_fd();
    auto done = attr.call(*kernel_, BPF_MAP_FREEZE);
    if (!done) return std::unexpected(done.error().in("map " + spec_.name));
    return {};
}

Result<void> KernelMap::open() {
    if (spec_.type != MapType::perf_event_array) return {};
    auto opened = kernel_->open_perf_buffers(descriptor());
    if (!opened) return std::unexpected(opened.error().in("map " + spec_.name));
    return {};
}

Result<void> KernelMap::drain(std::vector<Event>& events) {
    if (spec_.type == MapType::ringbuf) {
        auto records = kernel_->take_ring_records(descriptor(), spec_.max_entries);
        if (!records) return std::unexpected(records.error().in("map " + spec_.name));
        for (Bytes& data : *records) events.push_back({spec_.name, 0, std::move(data)});
    } else if (spec_.type == MapType::perf_event_array) {
        auto records = kernel_->take_perf_records(descriptor());
        if (!records) return std::unexpected(records.error().in("map " + spec_.name));
        for (auto& [cpu, data] : *records)
            events.push_back({spec_.name, cpu, std::move(data), true});
    }
    return {};
}

}  // namespace bpftwin::kernel
