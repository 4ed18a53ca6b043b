#include "tests/kernel-backend/machine.h"

#include "kernel-backend/images.h"
#include "kernel-backend/qemu.h"

namespace bpftwin::kernel {

std::string obstacle(const std::string& version) {
#if defined(BPFTWIN_EMULATED)
    return "an emulated process would emulate the machine once more";
#elif defined(__x86_64__)
    if (find_command("qemu-system-x86_64").empty()) return "qemu-system-x86_64 is not installed";
#else
    if (find_command("qemu-system-aarch64").empty()) return "qemu-system-aarch64 is not installed";
#endif
    const auto image = find_image(version);
    return image ? "" : image.error().message + "; scripts/kernels " + version;
}

}  // namespace bpftwin::kernel
