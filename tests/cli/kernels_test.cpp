// `bpftwin kernels`, with a cache of one kernel.
#include <filesystem>
#include <fstream>

#include "cli/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/process.h"
#include "tests/support/compile.h"

namespace bpftwin::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Kernels : public testing::Test {
protected:
    Kernels() {
        fs::create_directories(folder_ / "modules/kernel");
        std::ofstream(folder_ / "vmlinuz") << "not a kernel";
    }
    [[nodiscard]] Finished run(const std::string& arguments) const {
        return shell("XDG_CACHE_HOME=" + cache_.string() + " bpftwin kernels " + arguments);
    }

    test::TemporaryFolder temporary_;
    fs::path cache_ = temporary_.path();
    fs::path folder_ = cache_ / "bpftwin/kernels/99.1-test";
};

TEST_F(Kernels, are_listed_with_their_files) {
    const auto [status, output] = run("");
    EXPECT_EQ(status, 0);
    EXPECT_THAT(output, HasSubstr("99.1-test  " + (folder_ / "vmlinuz").string() + "\n"));
}

TEST_F(Kernels, are_listed_as_json) {
    const Json json = Json::parse(run("--json").output);
    EXPECT_EQ(json.at("cache"), folder_.parent_path().string());
    const Json& kernel = json.at("kernels").at(0);
    EXPECT_EQ(kernel.at("release"), "99.1-test");
    EXPECT_EQ(kernel.at("path"), (folder_ / "vmlinuz").string());
    EXPECT_EQ(kernel.at("modules"), (folder_ / "modules").string());
}

TEST_F(Kernels, the_help_shows_the_script_that_downloads_them) {
    EXPECT_THAT(run("--help").output, HasSubstr("apt-get download \"$package\""));
}

}  // namespace
}  // namespace bpftwin::cli
