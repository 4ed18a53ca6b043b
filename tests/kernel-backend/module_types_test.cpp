// Types of the modules of a kernel, on top of the types that this kernel has of itself; as bpftool
// lists them.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "bpftwin/spec.h"
#include "btf/format.h"
#include "fmt/format.h"
#include "kernel-backend/images.h"
#include "kernel-backend/vm.h"
#include "tests/kernel-backend/machine.h"
#include "tests/support/compile.h"

namespace bpftwin::kernel {
namespace {

namespace fs = std::filesystem;

struct Ran {
    int status;
    std::string output;
};

Ran run(const std::string& command) {
    std::FILE* pipe = popen(command.c_str(), "r");
    if (!pipe) return {-1, ""};
    std::string output;
    std::array<char, 65536> part{};
    while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe))
        output.append(part.data(), size);
    return {pclose(pipe), output};
}

/// Some of the modules, unpacked into a folder.
std::vector<std::string> some_modules(const std::string& folder, const std::string& into) {
    constexpr std::size_t step = 50;
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.path().filename().string().contains(".ko")) paths.push_back(entry.path());
    std::ranges::sort(paths);
    std::vector<std::string> unpacked;
    for (std::size_t i = 0; i < paths.size(); i += step) {
        const std::string file = fmt::format("{}/{}.ko", into, i);
        const std::string command = paths[i].ends_with(".xz") ? "xz -dc" : "cat";
        if (run(fmt::format("{} '{}' > '{}'", command, paths[i], file)).status == 0)
            unpacked.push_back(file);
    }
    return unpacked;
}

void write(const std::string& path, ByteView bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
}

TEST(module_types, continue_those_of_the_kernel) {
    if (const std::string why = obstacle("6.12"); !why.empty()) GTEST_SKIP() << why;
    const auto kernel = boot_kernel("6.12");
    ASSERT_TRUE(kernel) << kernel.error().message;
    const auto base = (*kernel)->types();
    ASSERT_TRUE(base) << base.error().message;
    const auto image = find_image("6.12");
    ASSERT_TRUE(image) << image.error().message;
    const test::TemporaryFolder folder;
    const auto modules = some_modules(image->modules, folder.path());
    ASSERT_FALSE(modules.empty());
    const bool has_bpftool = run("command -v bpftool").status == 0;
    const std::string kernel_file = folder.path() + "/vmlinux",
                      module_file = folder.path() + "/btf";
    write(kernel_file, (*base)->raw());
    for (const std::string& path : modules) {
        const auto types = load_btf_file(path, *base);
        ASSERT_TRUE(types) << types.error().message;
        EXPECT_EQ((*types)->first_id(), (*base)->type_count());
        if (!has_bpftool) continue;
        write(module_file, (*types)->raw());
        const Ran theirs =
            run(fmt::format("bpftool -B {} btf dump file {} format raw", kernel_file, module_file));
        ASSERT_EQ(theirs.status, 0) << theirs.output;
        EXPECT_TRUE(to_raw(**types) == theirs.output) << path;
    }
    if (!has_bpftool) GTEST_SKIP() << "parsed, but bpftool to compare with is not there";
}

}  // namespace
}  // namespace bpftwin::kernel
