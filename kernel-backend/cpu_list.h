// Lists of CPUs as sysfs writes them: "0-3,8".
#pragma once

#include <cstdint>
#include <string_view>

namespace bpftwin::kernel {

/// How many CPUs there can be at most: one more than the last of the list; 1 for an unreadable one.
std::uint32_t count_of_cpus(std::string_view list);

}  // namespace bpftwin::kernel
