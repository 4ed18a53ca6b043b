#include "kernel-backend/cpu_list.h"

#include <charconv>

namespace bpftwin::kernel {

std::uint32_t count_of_cpus(std::string_view list) {
    const auto last = list.substr(list.find_last_of(",-") + 1);
    std::uint32_t number = 0;
    std::from_chars(last.data(), last.data() + last.size(), number);
    return number + 1;
}

}  // namespace bpftwin::kernel
