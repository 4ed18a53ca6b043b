// Kernel images by name.
#include "kernel-backend/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/compile.h"

namespace bpftwin::kernel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Newest first, as `images` sorts them.
std::vector<Image> some() {
    return {{"6.12.10-cloud", "a", ""}, {"6.12.9-cloud", "b", ""}, {"6.1.0-50-cloud", "c", ""}};
}

TEST(find_image, a_start_finds_the_newest) {
    EXPECT_EQ(find_image("6.12", some())->path, "a");
    EXPECT_EQ(find_image("6.12.9", some())->path, "b");
}

TEST(find_image, a_number_is_not_the_start_of_a_longer_one) {
    EXPECT_EQ(find_image("6.1", some())->path, "c");
    EXPECT_FALSE(find_image("6.12.1", some()));
}

TEST(find_image, lists_what_there_is_where_nothing_matches) {
    const auto image = find_image("5.10", some());
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code, ENOENT);
    EXPECT_THAT(image.error().message, HasSubstr("6.12.10-cloud, 6.12.9-cloud, 6.1.0-50-cloud"));
    EXPECT_THAT(find_image("", {}).error().message, HasSubstr("there are none"));
}

TEST(find_image, a_path_must_be_a_file) {
    EXPECT_THAT(find_image("/no/such/file").error().message, HasSubstr("/no/such/file"));
    EXPECT_FALSE(find_image("/"));
}

class Cache : public testing::Test {
protected:
    Cache() {
        setenv("XDG_CACHE_HOME", root_.c_str(), 1);
        add("6.9.9-test", "");
        add("6.10.1-test", "");
    }
    ~Cache() override { unsetenv("XDG_CACHE_HOME"); }
    static fs::path add(const std::string& folder, const std::string& release) {
        std::string image(0x400, '\0');
        image.replace(0x202, 4, release.empty() ? "none" : "HdrS");
        image[0x20f] = 1;  // Little endian 0x100, relative to 0x200.
        image.replace(0x300, release.size(), release);
        return store(folder, image);
    }
    static fs::path store(const std::string& folder, const std::string& image) {
        const fs::path path = fs::path(cache_folder()) / folder;
        fs::create_directories(path / "modules/kernel");
        std::ofstream(path / "vmlinuz") << image;
        return path / "vmlinuz";
    }
    /// The least that says it is a kernel for that machine.
    static std::string header(bool x86) {
        std::string image(0x400, '\0');
        return x86 ? image.replace(0x202, 4, "HdrS") : image.replace(0x38, 4, "ARM\x64");
    }
#if defined(__x86_64__)
    static constexpr bool is_x86 = true;
#else
    static constexpr bool is_x86 = false;
#endif

    test::TemporaryFolder temporary_;
    fs::path root_ = temporary_.path();
};

TEST_F(Cache, is_listed_newest_first_with_modules) {
    std::vector<std::string> releases;
    for (const Image& image : images())
        if (image.release.ends_with("-test")) releases.push_back(image.release);
    EXPECT_EQ(releases, (std::vector<std::string>{"6.10.1-test", "6.9.9-test"}));
    const auto image = find_image("6.9.9-test");
    ASSERT_TRUE(image);
    EXPECT_EQ(image->modules, cache_folder() + "/6.9.9-test/modules");
}

TEST_F(Cache, a_kernel_for_another_machine_is_not_listed_and_not_booted) {
    store("6.7.1-mine", header(is_x86));
    const fs::path foreign = store("6.7.2-foreign", header(!is_x86));
    EXPECT_EQ(find_image("6.7")->release, "6.7.1-mine");
    const auto image = find_image(foreign.string());
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code, ENOEXEC);
    EXPECT_THAT(image.error().message, HasSubstr(is_x86 ? "a kernel for arm64" : "for x86_64"));
}

TEST_F(Cache, the_header_of_an_image_tells_its_release) {
    if (!is_x86) GTEST_SKIP() << "only images for x86-64 have it there";
    const fs::path path = add("other", "6.8.7-inside (builder@host) #1");
    EXPECT_EQ(find_image(path.string())->release, "6.8.7-inside");
    EXPECT_EQ(find_image("6.8")->path, path.string());
}

}  // namespace
}  // namespace bpftwin::kernel
