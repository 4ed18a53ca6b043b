// QEMU as a child process: a virtual machine without disk, network or screen, with one
// virtio-serial port.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "bpftwin/error.h"
#include "kernel-backend/channel.h"

namespace bpftwin::kernel {

/// Who runs the guest's instructions: the processor, or QEMU.
enum class Accelerator : std::uint8_t { kvm, tcg };

/// Whether this process may and can use KVM. It may turn out not to work all the same.
bool has_kvm();

/// A running QEMU, which is killed with this, and with the thread that started it.
class Qemu {
public:
    /// @param image a file with a kernel. @param initramfs what it shall unpack.
    static Result<std::unique_ptr<Qemu>> start(const std::string& image, ByteView initramfs,
                                               Accelerator accelerator);
    Qemu(const Qemu&) = delete;
    Qemu& operator=(const Qemu&) = delete;
    ~Qemu();

    /// The host's end of the port.
    Channel& port() { return port_; }
    void kill();
    /// What explains an end best, as one line: the console's line of a panic and what follows, or
    /// its last lines; QEMU's own messages are among them.
    [[nodiscard]] std::string last_words() const;

private:
    Qemu(pid_t process, Channel port, int log);

    pid_t process_;
    Channel port_;
    int log_;
};

/// The command's path, found in PATH as the shell does; empty where it is not there.
std::string find_command(const std::string& name);

/// The one line of `Qemu::last_words`, from a whole log.
std::string last_words_of(const std::string& log);

}  // namespace bpftwin::kernel
