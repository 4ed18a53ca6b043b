// What a flow dissector fills in: `struct bpf_flow_keys`, before and after the program, as
// bpf_flow_dissect (net/core/flow_dissector.c) treats it in a test-run.
#pragma once

#include "bpftwin/error.h"

namespace bpftwin {

/// Keys as the program finds them: protocol and both offsets of a frame with an Ethernet header.
Bytes first_flow_keys(ByteView frame);

/// Keys as the kernel uses them: offsets beyond a frame of `size` bytes are pulled back to it.
Bytes checked_flow_keys(ByteView keys, std::size_t size);

}  // namespace bpftwin
