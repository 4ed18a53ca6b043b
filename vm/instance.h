// A loaded object in user space and the life of one run.
#pragma once

#include <memory>
#include <vector>

#include "bpftwin/engine.h"
#include "vm/code.h"
#include "vm/machine.h"
#include "vm/map_set.h"

namespace bpftwin {

/// The interpreter's instance.
class InterpreterInstance final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(const ObjectSpec& object,
                                                    const EngineOptions& options);

    Result<RunResult> run(std::string_view program, const RunInput& input) override;
    MapView* map(std::string_view name) override { return maps_.find(name); }

private:
    InterpreterInstance(const ObjectSpec& object, MapSet maps, Mode mode, std::uint32_t cpu_count);

    void prepare_programs();
    [[nodiscard]] Result<const Image*> image(std::string_view program) const;
    Result<RunResult> run_image(const Image& image, const RunInput& input);
    Result<void> collect_maps(RunResult& result);

    ObjectSpec object_;
    MapSet maps_;
    Mode mode_;
    std::uint32_t cpu_count_;
    std::vector<Result<Image>> prepared_;  ///< By program; an Error where it cannot run here.
    std::vector<const Image*> images_;     ///< The same, null for errors.
    ProgramSet programs_;
};

}  // namespace bpftwin
