#include "bpftwin/verify.h"

#include "verifier/analysis.h"

namespace bpftwin {

Verdict verify(const ObjectSpec& object, const ProgramSpec& program, const VerifyOptions& options) {
    return verifier::Analysis(object, program, options).run();
}

}  // namespace bpftwin
