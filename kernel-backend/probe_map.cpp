// Map types of a kernel.
#include <linux/bpf.h>

#include "helpers/maps/attributes.h"
#include "helpers/maps/type_info.h"
#include "kernel-backend/attribute.h"
#include "kernel-backend/map.h"
#include "kernel-backend/probe.h"
#include "kernel-backend/probe_btf.h"
#include "kernel-backend/refusal.h"

namespace bpftwin::kernel {
namespace {

/// Types that say what their values are by BTF (bpf_local_storage_map_alloc_check).
bool needs_types(MapType type) {
    return type == MapType::sk_storage || type == MapType::inode_storage ||
           type == MapType::task_storage || type == MapType::cgrp_storage;
}

/// Flags without which the kernel creates no map of the type.
std::uint32_t necessary_flags(MapType type) {
    if (type == MapType::lpm_trie || needs_types(type)) return map_flag::no_prealloc;
    return type == MapType::arena ? map_flag::mmapable : 0;
}

std::uint32_t least_entries(EntryRule rule) {
    switch (rule) {
        case EntryRule::some: return 1;
        case EntryRule::none: return 0;
        case EntryRule::pages: return page_size();
    }
    bug("EntryRule");
}

/// A multiple of 4 bytes where the rule lets it be: what an int has.
std::uint32_t least_size(const SizeRule& rule) {
    constexpr std::uint32_t size_of_int = 4;
    return rule.allows(size_of_int) ? size_of_int : rule.min;
}

MapSpec least_map(const MapTypeInfo& info) {
    MapSpec spec;
    spec.name = "probe";
    spec.type = info.type;
    spec.key_size = least_size(info.keys);
    spec.value_size = least_size(info.values);
    spec.max_entries = least_entries(info.entries);
    spec.map_flags = necessary_flags(info.type);
    if (needs_types(info.type)) spec.btf_key_type_id = spec.btf_value_type_id = int_type;
    return spec;
}

Result<bool> creates(Kernel& kernel, const MapSpec& spec, const MapParts& parts) {
    const auto map = KernelMap::create(kernel, spec, parts);
    if (!map) return absent(map.error());
    return true;
}

/// A kernel that has the type looks for the struct that the map shall hold (errno 524).
Result<bool> has_struct_ops(Kernel& kernel, const MapSpec& spec) {
    Attribute create;
    create->map_type = static_cast<std::uint32_t>(spec.type);
    create->key_size = spec.key_size;
    create->value_size = spec.value_size;
    create->max_entries = spec.max_entries;
    create->btf_vmlinux_value_type_id = int_type;
    const auto map = create.call(kernel, BPF_MAP_CREATE);
    if (map) kernel.close(*map);
    if (map || map.error().code == enotsupp) return true;
    return absent(map.error());
}

Result<bool> has_map_of_maps(Kernel& kernel, const MapSpec& spec) {
    const MapSpec array = least_map(*map_type_info(MapType::array));
    const auto inner = KernelMap::create(kernel, array, {});
    if (!inner) return absent(inner.error());
    return creates(kernel, spec, {.inner = (*inner)->descriptor()});
}

Result<bool> has_typed_map(Kernel& kernel, const MapSpec& spec) {
    const auto types = load_kind(kernel, BtfKind::int_);
    if (!types) return absent(types.error());
    return creates(kernel, spec, {.btf = types->number()});
}

}  // namespace

Result<bool> has_map_type(Kernel& kernel, MapType type) {
    const MapTypeInfo* info = map_type_info(type);
    if (info == nullptr) return false;
    const MapSpec spec = least_map(*info);
    if (type == MapType::struct_ops) return has_struct_ops(kernel, spec);
    if (needs_types(type)) return has_typed_map(kernel, spec);
    const bool of_maps = type == MapType::array_of_maps || type == MapType::hash_of_maps;
    return of_maps ? has_map_of_maps(kernel, spec) : creates(kernel, spec, {});
}

}  // namespace bpftwin::kernel
