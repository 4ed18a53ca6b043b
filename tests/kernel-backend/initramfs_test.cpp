// The archive that a machine boots from, read back.
#include "kernel-backend/initramfs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "kernel-backend/agent_bytes.h"
#include "tests/support/compile.h"

namespace bpftwin::kernel {
namespace {

namespace fs = std::filesystem;

struct Entry {
    unsigned mode;
    unsigned device;
    std::string content;
};

unsigned number(std::string_view head, std::size_t position) {
    const auto digits = head.substr(6 + 8 * position, 8);
    unsigned value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
}

constexpr std::size_t aligned(std::size_t size) { return (size + 3) / 4 * 4; }

std::map<std::string, Entry> entries(const Bytes& archive) {
    std::string_view rest(reinterpret_cast<const char*>(archive.data()), archive.size());
    std::map<std::string, Entry> found;
    while (rest.size() >= 110) {
        EXPECT_EQ(rest.substr(0, 6), "070701");
        const std::size_t size = number(rest, 6);
        const std::size_t name_size = number(rest, 11);
        const std::string name(rest.substr(110, name_size - 1));
        const unsigned device = number(rest, 9) * 256 + number(rest, 10);
        const std::size_t begin = aligned(110 + name_size);
        found[name] = {number(rest, 1), device, std::string(rest.substr(begin, size))};
        rest.remove_prefix(aligned(begin + size));
        if (name == "TRAILER!!!") break;
    }
    EXPECT_TRUE(rest.empty());
    return found;
}

std::string text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(initramfs, has_the_agent_as_init_and_a_console) {
    const auto archive = initramfs("");
    ASSERT_TRUE(archive);
    const auto found = entries(*archive);
    EXPECT_TRUE(found.contains("TRAILER!!!"));
    EXPECT_EQ(found.at("init").content, text(agent_bytes()));
    EXPECT_EQ(found.at("init").mode, S_IFREG | 0755u);
    EXPECT_EQ(found.at("dev").mode, S_IFDIR | 0755u);
    EXPECT_EQ(found.at("dev/console").mode, S_IFCHR | 0600u);
    EXPECT_EQ(found.at("dev/console").device, 5u * 256 + 1);
}

TEST(initramfs, the_agent_is_an_executable_without_an_interpreter) {
    const std::string agent = text(agent_bytes());
    EXPECT_TRUE(
        agent.starts_with("\x7f"
                          "ELF"));
    EXPECT_FALSE(agent.contains("/lib64/ld-linux"));
    EXPECT_FALSE(agent.contains("/lib/ld-linux"));
}

TEST(initramfs, has_the_modules_that_the_kernel_lacks) {
    const test::TemporaryFolder temporary;
    const fs::path folder = temporary.path();
    fs::create_directories(folder / "kernel/drivers/virtio");
    fs::create_directories(folder / "kernel/drivers/char");
    std::ofstream(folder / "kernel/drivers/virtio/virtio.ko") << "plain";
    std::ofstream(folder / "kernel/drivers/char/virtio_console.ko.xz") << "packed";
    std::ofstream(folder / "kernel/drivers/virtio/virtio_mem.ko") << "unwanted";
    const auto archive = initramfs(folder.string());
    ASSERT_TRUE(archive);
    const auto found = entries(*archive);
    EXPECT_EQ(found.at("modules/virtio.ko").content, "plain");
    EXPECT_EQ(found.at("modules/virtio_console.ko.xz").content, "packed");
    EXPECT_FALSE(found.contains("modules/virtio_mem.ko"));
}

}  // namespace
}  // namespace bpftwin::kernel
