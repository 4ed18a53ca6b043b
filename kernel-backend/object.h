// An object in a kernel: its types and maps, and programs loaded against them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bpftwin/spec.h"
#include "bpftwin/verdict.h"
#include "kernel-backend/kernel.h"
#include "kernel-backend/map.h"
#include "kernel-backend/program.h"

namespace bpftwin::kernel {

/// An object's BTF and maps. They are gone from the kernel with this.
class KernelObject {
public:
    /// Loads the types and creates the maps, filled as their definitions say but for slots of
    /// prog_arrays.
    /// @param object must live as long as this.
    /// @param shared maps of the same kernel in place of new ones, with their contents.
    /// @return an Error that names the map that the kernel does not create.
    static Result<std::unique_ptr<KernelObject>> create(Kernel& kernel, const ObjectSpec& object,
                                                        const SharedMaps& shared = {});

    /// Loads one program; see `load_program`.
    LoadedProgram load(const ProgramSpec& program, std::uint32_t log_level);

    /// By index in `ObjectSpec::maps`, whose names count: a shared map may have another one.
    [[nodiscard]] const std::vector<std::shared_ptr<KernelMap>>& maps() const { return maps_; }
    [[nodiscard]] std::shared_ptr<KernelMap> map(std::string_view name) const;

private:
    KernelObject(Kernel& kernel, const ObjectSpec& object) : kernel_(&kernel), object_(&object) {}
    void load_types();
    Result<std::shared_ptr<KernelMap>> create_map(const MapSpec& as_given);
    Result<std::shared_ptr<KernelMap>> existing_map(const MapSpec& as_given,
                                                    const std::shared_ptr<MapView>& other);
    Result<Descriptor> inner_template(const MapSpec& spec);
    Result<void> fill(const MapSpec& spec, KernelMap& map);
    Result<ModuleTypes> module_types(const ProgramSpec& program);

    Kernel* kernel_;
    const ObjectSpec* object_;
    Descriptor btf_;
    std::map<std::string, Descriptor, std::less<>> modules_;  ///< Types, opened when needed.
    std::vector<std::shared_ptr<KernelMap>> maps_;
    std::vector<int> descriptors_;
};

/// Stores a descriptor, as maps of maps and of programs hold them, in a slot.
Result<void> store_descriptor(KernelMap& map, std::uint32_t slot, int descriptor);

}  // namespace bpftwin::kernel
