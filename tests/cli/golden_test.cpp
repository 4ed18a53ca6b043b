// Golden files: what a terminal shows. Lines that begin with "$ " are commands, what follows is
// their output, and "[1]" after it an exit status other than 0. BPFTWIN_UPDATE_GOLDEN=1 rewrites
// the files. Addresses stand as "0x...", what `bpftwin bench` measures as "N". The linux-*.btf are
// what the sessions' programs need of the types of Debian's kernels 6.1.0-56-cloud-amd64 and
// 6.12.117+deb12-cloud-amd64 and of a 6.18.44 (`bpftool gen min_core_btf`).
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "gtest/gtest.h"
#include "tests/cli/process.h"

namespace bpftwin::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> golden_files() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(BPFTWIN_GOLDEN)) {
        if (entry.path().extension() == ".txt") names.push_back(entry.path().stem());
    }
    std::ranges::sort(names);
    return names;
}

std::string contents(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Addresses differ from run to run.
std::string without_addresses(const std::string& text) {
    return std::regex_replace(text, std::regex("address 0x[0-9a-f]+"), "address 0x...");
}

/// Measured numbers differ, and with them the width of columns.
std::string without_measurements(const std::string& text) {
    const std::string numbers = std::regex_replace(text, std::regex("[0-9]+([.][0-9]+)?"), "N");
    return std::regex_replace(numbers, std::regex("(\\S) +"), "$1 ");
}

std::string masked(const std::string& command, const std::string& output) {
    const bool measures = command.starts_with("bpftwin bench") && !command.contains("--help");
    return measures ? without_measurements(output) : without_addresses(output);
}

/// The commands of a session, each with its output as it is now.
std::string replayed(const std::string& session) {
    std::string result;
    std::istringstream lines(session);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("$ ")) continue;
        Finished finished = shell(line.substr(2));
        result += line + "\n" + masked(line.substr(2), finished.output);
        if (finished.status != 0) result += "[" + std::to_string(finished.status) + "]\n";
    }
    return result;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, session_prints_what_it_did) {
    fs::path path = fs::path(BPFTWIN_GOLDEN) / (GetParam() + ".txt");
    std::string expected = contents(path);
    std::string now = replayed(expected);
    if (now.find("no compiler found") != std::string::npos) GTEST_SKIP() << "no clang installed";
    if (std::getenv("BPFTWIN_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << now;
    EXPECT_EQ(now, expected);
    EXPECT_FALSE(expected.empty());
}

INSTANTIATE_TEST_SUITE_P(sessions, Golden, testing::ValuesIn(golden_files()),
                         [](const auto& session) { return session.param; });

}  // namespace
}  // namespace bpftwin::cli
