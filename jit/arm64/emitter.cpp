// arm64 code. Not emitted yet: every request is an Error.
#include "jit/compile.h"

namespace bpftwin::jit {
namespace {

Result<MachineCode> compile(const LoweredProgram&, const CompileOptions&) {
    return fail("the JIT does not make arm64 code yet");
}
Result<MachineCode> compile_entry() { return fail("the JIT does not make arm64 code yet"); }
CpuFeatures features() { return {}; }

constexpr Target target = {"arm64", features, compile, compile_entry};

}  // namespace

const Target& arm64_target() { return target; }

}  // namespace bpftwin::jit
