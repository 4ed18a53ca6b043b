#include "kernel-backend/object.h"

#include <algorithm>

#include "btf/btf.h"
#include "fmt/format.h"
#include "helpers/maps/attributes.h"
#include "helpers/maps/sharing.h"
#include "kernel-backend/attribute.h"
#include "kernel-backend/submitted_btf.h"

namespace bpftwin::kernel {
namespace {

Bytes bytes_of(std::uint32_t number) {
    const auto bytes = std::as_bytes(std::span(&number, 1));
    return {bytes.begin(), bytes.end()};
}

/// libbpf makes space for the slots of arrays without a size.
MapSpec submitted(const MapSpec& spec, const Kernel& kernel) {
    return with_libbpf_defaults(spec, kernel.cpu_count());
}

}  // namespace

Result<void> store_descriptor(KernelMap& map, std::uint32_t slot, int descriptor) {
    return map.update(bytes_of(slot), {bytes_of(static_cast<std::uint32_t>(descriptor))}, 0);
}

Result<std::unique_ptr<KernelObject>> KernelObject::create(Kernel& kernel, const ObjectSpec& object,
                                                           const SharedMaps& shared) {
    if (auto known = check_shared_names(object, shared); !known)
        return std::unexpected(known.error());
    std::unique_ptr<KernelObject> result(new KernelObject(kernel, object));
    result->load_types();
    for (const MapSpec& spec : object.maps) {
        const auto other = shared.find(spec.name);
        auto map = other == shared.end() ? result->create_map(spec)
                                         : result->existing_map(spec, other->second);
        if (!map) return std::unexpected(map.error());
        result->descriptors_.push_back((*map)->descriptor());
        result->maps_.push_back(std::move(*map));
    }
    for (std::size_t i = 0; i < object.maps.size(); ++i) {
        if (shared.contains(object.maps[i].name)) continue;
        if (auto done = result->fill(object.maps[i], *result->maps_[i]); !done)
            return std::unexpected(done.error());
    }
    return result;
}

// Types that this kernel does not take are left out, as libbpf does; what needs them will say so.
void KernelObject::load_types() {
    if (!object_->btf) return;
    Attribute attr;
    const Bytes raw = submitted_btf(*object_->btf);
    attr->btf_size = static_cast<std::uint32_t>(raw.size());
    attr.input(attr->btf, raw);
    if (auto loaded = attr.call(*kernel_, BPF_BTF_LOAD)) btf_ = Descriptor(*kernel_, *loaded);
}

Result<Descriptor> KernelObject::inner_template(const MapSpec& spec) {
    if (!spec.inner) return Descriptor();
    const MapSpec inner = submitted(*spec.inner, *kernel_);
    auto map = KernelMap::create(*kernel_, inner, {.btf = btf_ ? btf_.number() : 0});
    if (!map) return std::unexpected(map.error().in("map " + spec.name));
    return std::move(**map).release();
}

Result<std::shared_ptr<KernelMap>> KernelObject::create_map(const MapSpec& as_given) {
    const MapSpec spec = submitted(as_given, *kernel_);
    const auto inner = inner_template(spec);
    if (!inner) return std::unexpected(inner.error());
    return KernelMap::create(*kernel_, spec,
                             {.btf = btf_ ? btf_.number() : 0,
                              .inner = *inner ? inner->number() : 0,
                              .types = object_->btf.get()});
}

Result<std::shared_ptr<KernelMap>> KernelObject::existing_map(
    const MapSpec& as_given, const std::shared_ptr<MapView>& other) {
    auto map = std::dynamic_pointer_cast<KernelMap>(other);
    if (!map || !map->is_in(*kernel_))
        return fail(fmt::format(
            "map {}: cannot be map {}, which is not of an instance of this kernel's engine",
            as_given.name, other->spec().name));
    auto alike = check_sharing(submitted(as_given, *kernel_), map->spec());
    if (!alike) return std::unexpected(alike.error().in("map " + as_given.name));
    return map;
}

Result<void> KernelObject::fill(const MapSpec& spec, KernelMap& map) {
    // Two of one address cannot be mapped at once, and those with one need not be.
    if (spec.type == MapType::arena && (spec.map_extra == 0 || !spec.contents.empty())) {
        auto mapped =
            kernel_->map_arena(map.descriptor(), spec.map_extra, spec.max_entries, spec.contents);
        return mapped ? mapped : std::unexpected(mapped.error().in("map " + spec.name));
    }
    if (spec.is_data())
        if (auto done = map.update(bytes_of(0), {spec.contents}, 0); !done) return done;
    if (spec.frozen)
        if (auto done = map.freeze(); !done) return done;
    if (spec.type == MapType::prog_array) return {};
    for (const MapSlot& slot : spec.slots) {
        const auto target = this->map(slot.target);
        if (!target)
            return fail(
                fmt::format("map {}: slot {}: no map {}", spec.name, slot.index, slot.target));
        if (auto done = store_descriptor(map, slot.index, target->descriptor()); !done) return done;
    }
    return {};
}

std::shared_ptr<KernelMap> KernelObject::map(std::string_view name) const {
    const auto index = index_of_map(*object_, name);
    return index ? maps_[*index] : nullptr;
}

Result<ModuleTypes> KernelObject::module_types(const ProgramSpec& program) {
    ModuleTypes types;
    for (const ExternReference& reference : program.externs) {
        if (reference.module.empty()) continue;
        auto found = modules_.find(reference.module);
        if (found == modules_.end()) {
            const auto opened = kernel_->open_module_types(reference.module);
            if (!opened) return std::unexpected(opened.error().in("extern " + reference.name));
            found = modules_.emplace(reference.module, Descriptor(*kernel_, *opened)).first;
        }
        types[reference.module] = found->second.number();
    }
    return types;
}

LoadedProgram KernelObject::load(const ProgramSpec& program, std::uint32_t log_level) {
    auto modules = module_types(program);
    if (!modules) return not_loadable(modules.error());
    return load_program(*kernel_, program,
                        {*object_, descriptors_, btf_ ? btf_.number() : 0, std::move(*modules)},
                        log_level);
}

}  // namespace bpftwin::kernel
