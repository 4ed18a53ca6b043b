#include "kernel-backend/agent_bytes.h"

// The build says where the executable is.
asm(".pushsection .rodata\n"
    ".global bpftwin_agent_begin\n"
    "bpftwin_agent_begin:\n"
    ".incbin \"" BPFTWIN_AGENT
    "\"\n"
    ".global bpftwin_agent_end\n"
    "bpftwin_agent_end:\n"
    ".popsection\n");

extern "C" {
extern const std::byte bpftwin_agent_begin[];
extern const std::byte bpftwin_agent_end[];
}

namespace bpftwin::kernel {

ByteView agent_bytes() { return {bpftwin_agent_begin, bpftwin_agent_end}; }

}  // namespace bpftwin::kernel
