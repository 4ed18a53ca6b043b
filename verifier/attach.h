// The attach type that rules of the verifier look at.
#pragma once

#include "bpftwin/spec.h"

namespace bpftwin::verifier {

/// What the kernel takes a program's expected attach type for: 0 where none is given, but for
/// programs that are older than attach types (bpf_prog_load_fixup_attach_type of
/// kernel/bpf/syscall.c).
inline AttachType attach_type_of(const ProgramSpec& program) {
    const auto given = program.expected_attach_type.value_or(AttachType{});
    if (given != AttachType{}) return given;
    if (program.type == ProgType::cgroup_sock) return AttachType::cgroup_inet_sock_create;
    if (program.type == ProgType::sk_reuseport) return AttachType::sk_reuseport_select;
    return given;
}

}  // namespace bpftwin::verifier
