// The JIT as an engine.
#include <mutex>
#include <numeric>

#include "bpftwin/engine.h"
#include "jit/compile.h"
#include "jit/fault.h"
#include "jit/gdb.h"
#include "jit/lower.h"
#include "jit/machine.h"
#include "jit/perf_map.h"
#include "vm/instance.h"
#include "vm/interceptor.h"

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
        auto maps =
            MapSet::create(object, cpu_count_of(options), options.maps, options.kernel_types.get());
        if (!maps) return std::unexpected(maps.error());
        install_fault_handler();
        std::unique_ptr<JitInstance> instance(
            new JitInstance(object, std::move(*maps), options, target));
        if (auto ok = instance->compile_all(instance->plain_); !ok)
            return std::unexpected(ok.error());
        if (auto ok = instance->name_code(options); !ok) return std::unexpected(ok.error());
        return instance;
    }

protected:
    [[nodiscard]] Result<CodeInfo> prepared(std::size_t program) const override {
        const Compiled& one = plain_.compiled[program];
        if (!one.code) return std::unexpected(one.code.error());
        return one.info;
    }
    Result<void> prepare_for(const RunInput& input) override {
        if (!is_intercepted(input)) return {};
        const std::lock_guard guard(intercepting_);
        return intercepted_.compiled.empty() ? compile_all(intercepted_) : Result<void>();
    }
    std::unique_ptr<Machine> machine(std::size_t program, const RunInput& input, Packet* packet,
                                     Context* context) override {
        const Build& build = is_intercepted(input) ? intercepted_ : plain_;
        return std::make_unique<JitMachine>(build.programs, program, input, packet, context);
    }

private:
    /// The object's programs as machine code.
    struct Build {
        std::vector<Compiled> compiled;  ///< By program; the code itself has moved to `code`.
        ProgramCode code;
        Programs programs{};
    };

    JitInstance(const ObjectSpec& given, MapSet map_set, const EngineOptions& options,
                const Target& target)
        : UserInstance(given, std::move(map_set), options),
          target_(target),
          with_{.cpu = target.features(), .metered = options.metered} {}

    Result<void> compile_all(Build& build) {
        const auto addresses = maps().addresses();
        const ProgramMaps program_maps{addresses, maps().maps(), &build == &intercepted_};
        CompileOptions with = with_;
        for (std::size_t i = 0; i < object().programs.size(); ++i) {
            with.site_base = ProgramCode::site_base(object(), i);
            build.compiled.push_back(
                compile_timed(object().programs[i], program_maps, target_, with));
        }
        return map_code(build);
    }

    Result<void> map_code(Build& build) {
        const auto begin = std::chrono::steady_clock::now();
        const auto& entry = entry_of_host(target_);
        if (!entry) return std::unexpected(entry.error());
        std::vector<MachineCode> codes;
        for (Compiled& one : build.compiled)
            codes.push_back(one.code ? std::move(*one.code) : MachineCode());
        auto code = ProgramCode::create(object(), *entry, std::move(codes));
        if (!code) return std::unexpected(code.error());
        build.code = std::move(*code);
        build.programs = {&object(), &build.code, maps().by_address(), &maps().memory()};
        const std::uint64_t ns = nanoseconds_since(begin);
        for (Compiled& one : build.compiled) one.info.compile_ns += ns / build.compiled.size();
        return {};
    }

    Result<void> name_code(const EngineOptions& options) {
        if (!options.perf_map && !options.gdb) return {};
        const std::vector<CodeName> names = names_of(plain_.code);
        if (options.gdb) gdb_names_ = GdbNames(names);
        return options.perf_map ? append_to_perf_map(names) : Result<void>();
    }

    const Target& target_;
    CompileOptions with_;
    Build plain_;
    Build intercepted_;  ///< For runs with mocks and the like: made by the first one.
    std::mutex intercepting_;
    GdbNames gdb_names_;
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
