#include "bpftwin/verify.h"

#include "verifier/analysis.h"
#include "verifier/refused_types.h"

namespace bpftwin {

Verdict verify(const ObjectSpec& object, const ProgramSpec& program, const VerifyOptions& options) {
    const Btf* kernel = options.kernel_types.get();
    if (!object.btf || !verifier::refuses(*object.btf, kernel))
        return verifier::Analysis(object, program, options).run();
    const ObjectSpec bare = verifier::without_types(object, program);
    return verifier::Analysis(bare, bare.programs.front(), options).run();
}

}  // namespace bpftwin
