// Programs that are callbacks in a struct of the kernel (struct bpf_struct_ops).
#pragma once

#include <cstdint>

#include "verifier/attach_point.h"

namespace bpftwin::verifier {

/// The struct's name without the suffix that tells definitions of it apart ("tcp_congestion_ops").
std::string_view callbacks_of(const ProgramSpec& program);

/// The callback that the program is to be (check_struct_ops_btf_id).
Checked<AttachPoint> callback_point(const ProgramSpec& program, const Btf& types, bool sleepable);

/// What the callback gets as `object`: sockets of congestion control are always of TCP.
std::uint32_t passed_object(const ProgramSpec& program, const Btf& types, std::uint32_t object);

}  // namespace bpftwin::verifier
