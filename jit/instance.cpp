// The JIT as an engine.
#include <numeric>

#include "bpftwin/engine.h"
#include "jit/compile.h"
#include "jit/fault.h"
#include "jit/gdb.h"
#include "jit/lower.h"
#include "jit/machine.h"
#include "jit/perf_map.h"
#include "vm/instance.h"

namespace bpftwin {
namespace jit {
namespace {

/// One program compiled, or why it cannot run here.
struct Compiled {
    Result<MachineCode> code;
    CodeInfo info;
};

Compiled compile_timed(const ProgramSpec& program, const ProgramMaps& maps, const Target& target,
                       const CompileOptions& options) {
    const auto begin = std::chrono::steady_clock::now();
    auto code = compile_program(program, maps, target, options);
    const std::size_t bytes = code ? code->code.size() : 0;
    return {std::move(code), {bytes, nanoseconds_since(begin)}};
}

/// The way into and out of code, which is the same for every instance.
const Result<MachineCode>& entry_of_host(const Target& host) {
    static const Result<MachineCode> entry = host.compile_entry();
    return entry;
}

class JitInstance final : public UserInstance {
public:
    static Result<std::unique_ptr<Instance>> create(const ObjectSpec& object,
                                                    const EngineOptions& options,
                                                    const Target& target) {
        auto maps = MapSet::create(object, cpu_count_of(options), options.maps);
        if (!maps) return std::unexpected(maps.error());
        install_fault_handler();
        std::unique_ptr<JitInstance> instance(new JitInstance(object, std::move(*maps), options));
        if (auto ok = instance->compile_all(options, target); !ok)
            return std::unexpected(ok.error());
        return instance;
    }

protected:
    [[nodiscard]] Result<CodeInfo> prepared(std::size_t program) const override {
        if (!compiled_[program].code) return std::unexpected(compiled_[program].code.error());
        return compiled_[program].info;
    }
    std::unique_ptr<Machine> machine(std::size_t program, const RunInput& input, Packet* packet,
                                     Context* context) override {
        return std::make_unique<JitMachine>(programs_, program, input, packet, context);
    }

private:
    JitInstance(const ObjectSpec& given, MapSet map_set, const EngineOptions& options)
        : UserInstance(given, std::move(map_set), cpu_count_of(options)) {}

    Result<void> compile_all(const EngineOptions& options, const Target& target) {
        const auto addresses = maps().addresses();
        const ProgramMaps program_maps{addresses, maps().maps()};
        CompileOptions with{.cpu = target.features(), .metered = options.metered};
        for (std::size_t i = 0; i < object().programs.size(); ++i) {
            with.site_base = ProgramCode::site_base(object(), i);
            compiled_.push_back(compile_timed(object().programs[i], program_maps, target, with));
        }
        if (auto ok = map_code(target); !ok) return ok;
        return name_code(options);
    }

    Result<void> map_code(const Target& target) {
        const auto begin = std::chrono::steady_clock::now();
        const auto& entry = entry_of_host(target);
        if (!entry) return std::unexpected(entry.error());
        std::vector<MachineCode> codes;
        for (Compiled& one : compiled_)
            codes.push_back(one.code ? std::move(*one.code) : MachineCode());
        auto code = ProgramCode::create(object(), *entry, std::move(codes));
        if (!code) return std::unexpected(code.error());
        code_ = std::move(*code);
        programs_ = {&object(), &code_, maps().by_address(), &maps().memory()};
        const std::uint64_t ns = nanoseconds_since(begin);
        for (Compiled& one : compiled_) one.info.compile_ns += ns / compiled_.size();
        return {};
    }

    Result<void> name_code(const EngineOptions& options) {
        if (!options.perf_map && !options.gdb) return {};
        const std::vector<CodeName> names = names_of(code_);
        if (options.gdb) gdb_names_ = GdbNames(names);
        return options.perf_map ? append_to_perf_map(names) : Result<void>();
    }

    std::vector<Compiled> compiled_;  ///< By program; the code itself has moved to `code_`.
    ProgramCode code_;
    GdbNames gdb_names_;
    Programs programs_{};
};

class Jit final : public Engine {
public:
    [[nodiscard]] std::string_view name() const override { return "jit"; }
    Result<std::unique_ptr<Instance>> instantiate(const ObjectSpec& object,
                                                  const EngineOptions& options) override {
        const Target* target = host_target();
        if (!target) return fail("the JIT makes code for x86-64 and arm64, not for this machine");
        if (options.safety != Safety::unsafe)
            return fail(
                "the JIT does not check memory accesses and the program was not verified; say "
                "unsafe to run it all the same, or use the interpreter");
        return JitInstance::create(object, options, *target);
    }
};

}  // namespace
}  // namespace jit

std::unique_ptr<Engine> make_jit() { return std::make_unique<jit::Jit>(); }

}  // namespace bpftwin
