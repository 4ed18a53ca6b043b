#include "kernel-backend/initramfs.h"

#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <span>
#include <utility>

#include "kernel-backend/agent_bytes.h"

namespace bpftwin::kernel {
namespace {

namespace fs = std::filesystem;

// What a virtio-serial port on PCI takes. A kernel has each of them built in or as a module.
constexpr const char* wanted_modules[] = {
    "drivers/virtio/virtio",
    "drivers/virtio/virtio_ring",
    "drivers/virtio/virtio_pci_modern_dev",
    "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci",
    "drivers/char/virtio_console",
};

// What Debian's kernels have; all but the first are unpacked by the kernel (finit_module(2)).
constexpr const char* module_endings[] = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};

Result<Bytes> content_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in) return fail(path.string() + ": cannot be read");
    const ByteView bytes = std::as_bytes(std::span(text));
    return Bytes(bytes.begin(), bytes.end());
}

Result<void> add_module(CpioArchive& archive, const fs::path& file) {
    auto content = content_of(file);
    if (!content) return std::unexpected(content.error());
    archive.add_file("modules/" + file.filename().string(), *content, false);
    return {};
}

Result<void> add_modules(CpioArchive& archive, const fs::path& folder) {
    for (const std::string name : wanted_modules) {
        for (const char* ending : module_endings) {
            const fs::path file = folder / "kernel" / (name + ending);
            if (!fs::exists(file)) continue;
            if (auto added = add_module(archive, file); !added) return added;
            break;
        }
    }
    return {};
}

}  // namespace

void CpioArchive::align() {
    while (bytes_.size() % 4 != 0) bytes_.push_back(std::byte{});
}

// Thirteen numbers of eight hexadecimal digits behind the magic one; name and content end at
// multiples of four.
void CpioArchive::add(const Entry& entry) {
    const auto size = static_cast<std::uint32_t>(entry.content.size());
    const auto name_size = static_cast<std::uint32_t>(entry.path.size() + 1);
    const std::uint32_t numbers[] = {++count_, entry.mode,  0,           0,         1, 0, size, 0,
                                     0,        entry.major, entry.minor, name_size, 0};
    std::string head = "070701";
    for (const std::uint32_t number : numbers) {
        std::array<char, 9> digits;
        std::snprintf(digits.data(), digits.size(), "%08X", number);
        head += digits.data();
    }
    head += entry.path;
    head += '\0';
    const ByteView start = std::as_bytes(std::span(head));
    bytes_.insert(bytes_.end(), start.begin(), start.end());
    align();
    bytes_.insert(bytes_.end(), entry.content.begin(), entry.content.end());
    align();
}

void CpioArchive::add_folder(std::string_view path) { add({path, S_IFDIR | 0755, {}, 0, 0}); }

void CpioArchive::add_file(std::string_view path, ByteView content, bool executable) {
    add({path, S_IFREG | (executable ? 0755U : 0644U), content, 0, 0});
}

void CpioArchive::add_character_device(std::string_view path, std::uint32_t major,
                                       std::uint32_t minor) {
    add({path, S_IFCHR | 0600, {}, major, minor});
}

Bytes CpioArchive::take() {
    add({"TRAILER!!!", 0, {}, 0, 0});
    count_ = 0;
    return std::exchange(bytes_, {});
}

Result<Bytes> initramfs(const std::string& modules, const std::string& config) {
    CpioArchive archive;
    for (const char* folder : {"boot", "dev", "proc", "sys", "modules"}) archive.add_folder(folder);
    archive.add_character_device("dev/console", 5, 1);
    archive.add_character_device("dev/null", 1, 3);
    archive.add_file("init", agent_bytes(), true);
    if (!modules.empty())
        if (auto added = add_modules(archive, modules); !added)
            return std::unexpected(added.error());
    if (config.empty()) return archive.take();
    const auto content = content_of(config);
    if (!content) return std::unexpected(content.error());
    archive.add_file("boot/config", *content, false);
    return archive.take();
}

}  // namespace bpftwin::kernel
