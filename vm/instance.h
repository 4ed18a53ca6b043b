// A loaded object in user space and the life of one run, whatever engine executes it.
#pragma once

#include <chrono>
#include <memory>

#include "bpftwin/engine.h"
#include "vm/machine.h"
#include "vm/map_set.h"

namespace bpftwin {

/// An instance whose programs run in this process. Engines prepare the programs and make machines.
class UserInstance : public Instance {
public:
    ~UserInstance() override;
    UserInstance(const UserInstance&) = delete;
    UserInstance& operator=(const UserInstance&) = delete;
    Result<RunResult> run(std::string_view program, const RunInput& input) final;
    MapView* map(std::string_view name) final { return shared_map(name).get(); }
    std::shared_ptr<MapView> shared_map(std::string_view name) final;
    [[nodiscard]] Result<CodeInfo> code_info(std::string_view program) const final;

protected:
    UserInstance(const ObjectSpec& object, MapSet maps, const EngineOptions& options);

    [[nodiscard]] const ObjectSpec& object() const { return object_; }
    [[nodiscard]] const MapSet& maps() const { return maps_; }

    /// What the program with that index became, or an Error where it cannot run here.
    [[nodiscard]] virtual Result<CodeInfo> prepared(std::size_t program) const = 0;
    /// What a run of that input needs beyond that, or an Error.
    virtual Result<void> prepare_for(const RunInput&) { return {}; }
    /// A machine that runs it. Only for prepared programs.
    virtual std::unique_ptr<Machine> machine(std::size_t program, const RunInput& input,
                                             Packet* packet, Context* context) = 0;

private:
    [[nodiscard]] Result<std::size_t> index_of(std::string_view program) const;
    Result<RunResult> run_program(std::size_t program, const RunInput& input);
    Result<void> collect_maps(RunResult& result);

    ObjectSpec object_;
    MapSet maps_;
    std::uint32_t cpu_count_;  ///< Possible CPUs, of which `World::cpu` must be one.
    std::shared_ptr<const Btf> kernel_types_;
};

/// `EngineOptions::cpu_count`, or where it is 0 the CPUs of this machine.
std::uint32_t cpu_count_of(const EngineOptions& options);

/// Nanoseconds since `begin`.
std::uint64_t nanoseconds_since(std::chrono::steady_clock::time_point begin);

}  // namespace bpftwin
