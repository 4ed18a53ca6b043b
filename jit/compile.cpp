// The way to machine code, and the targets by name.
#include "jit/compile.h"
#include "fmt/format.h"
#include "jit/lower.h"

namespace bpftwin::jit {

Result<MachineCode> compile_program(const ProgramSpec& program, const ProgramMaps& maps,
                                    const Target& target, const CompileOptions& options) {
    auto lowered = lower(program, maps);
    if (!lowered) return std::unexpected(lowered.error());
    find_live_registers(*lowered);
    fold(*lowered);
    auto code = target.compile(*lowered, options);
    if (!code) return std::unexpected(code.error().in("program " + program.name));
    return code;
}

Result<const Target*> target_named(std::string_view name) {
    for (const Target* target : {&x86_64_target(), &arm64_target()})
        if (target->name == name) return target;
    return fail(fmt::format("no JIT target '{}', there are x86_64 and arm64", name));
}

const Target* host_target() {
#if defined(__x86_64__)
    return &x86_64_target();
#elif defined(__aarch64__)
    return &arm64_target();
#else
    return nullptr;
#endif
}

}  // namespace bpftwin::jit
