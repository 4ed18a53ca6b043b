// Fields of struct bpf_tcp_sock by name.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <string_view>

namespace bpftwin {

/// Sets the field of that name. @return whether there is one and the value fits.
bool store_tcp_field(bpf_tcp_sock& to, std::string_view name, std::uint64_t value);

}  // namespace bpftwin
