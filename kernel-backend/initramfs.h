// The first and only file system of a virtual machine, as the kernel unpacks it into memory: a cpio
// archive in the format "newc" (Documentation/driver-api/early-userspace/buffer-format.rst).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bpftwin/error.h"

namespace bpftwin::kernel {

/// Appends entries. Folders come before what is in them; paths have no slash in front.
class CpioArchive {
public:
    void add_folder(std::string_view path);
    void add_file(std::string_view path, ByteView content, bool executable);
    void add_character_device(std::string_view path, std::uint32_t major, std::uint32_t minor);
    /// The archive with its end, which is then no longer here.
    Bytes take();

private:
    struct Entry {
        std::string_view path;
        std::uint32_t mode;
        ByteView content;
        std::uint32_t major;
        std::uint32_t minor;
    };
    void add(const Entry& entry);
    void align();

    Bytes bytes_;
    std::uint32_t count_ = 0;
};

/// The agent as /init, and what it needs to reach the host.
/// @param modules the kernel's folder of modules, /lib/modules/…; empty where it needs none.
/// @param config the kernel's configuration, which is then /boot/config; empty where there is none.
Result<Bytes> initramfs(const std::string& modules, const std::string& config = {});

}  // namespace bpftwin::kernel
