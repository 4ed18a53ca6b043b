// Program types of a kernel.
#include <linux/bpf.h>

#include "isa/builder.h"
#include "kernel-backend/probe.h"
#include "kernel-backend/program_form.h"
#include "kernel-backend/refusal.h"

namespace bpftwin::kernel {

// The verifier reads only programs of types that the kernel has (bpf_prog_load, find_prog_type):
// whatever it says, and be it that the program attaches to nothing, is a yes.
Result<bool> has_prog_type(Kernel& kernel, ProgType type) {
    using namespace build;
    const auto least = build::program({mov(r0, 0), build::exit()});
    const ProgramForm form = forms_of(type).front();
    AttachTarget nothing;
    if (form.attach) nothing.expected_attach_type = static_cast<std::uint32_t>(*form.attach);
    const Reply reply = submit(kernel, form, nothing, least);
    if (!reply.refusal || !reply.log.empty()) return true;
    return absent(*reply.refusal);
}

}  // namespace bpftwin::kernel
