// The types that are checked in for the session `core` are parts of kernels' types: a whole kernel
// gives every relocation the same answer.
#include <string>

#include "cli/json.h"
#include "gtest/gtest.h"
#include "tests/cli/process.h"

namespace bpftwin::cli {
namespace {

struct Kernel {
    std::string where;    ///< As for --btf.
    std::string release;  ///< Whose types the part was made from.
    std::string part;
};

void PrintTo(const Kernel& kernel, std::ostream* out) { *out << kernel.release; }

/// What `bpftwin core` says of a program, or null.
Json report(const std::string& program, const std::string& types) {
    const Finished finished =
        shell("bpftwin core " + program + ".bpf.c --json --btf " + types + " 2>/dev/null");
    return Json::parse(finished.output, nullptr, false);
}

/// Program, instruction, outcome and the instruction afterwards: not the place of a member among
/// others, which a part has fewer of.
std::vector<std::string> answers(const Json& report) {
    std::vector<std::string> list;
    for (const Json& one : report["targets"][0]["relocations"])
        list.push_back(one["program"].get<std::string>() + " " + one["insn"].dump() + " " +
                       one["state"].get<std::string>() + " " + one["after"].dump());
    return list;
}

class CoreParts : public testing::TestWithParam<Kernel> {};

TEST_P(CoreParts, give_the_answers_of_the_whole_kernel) {
    const Kernel& kernel = GetParam();
    for (const std::string program : {"inode", "process", "socket"}) {
        const Json whole = report(program, kernel.where), part = report(program, kernel.part);
        if (whole.is_discarded()) GTEST_SKIP() << "cannot be asked: " << kernel.where;
        if (part.is_discarded()) GTEST_SKIP() << "no clang installed";
        const std::string name = whole["targets"][0]["target"];
        if (!name.contains(kernel.release))
            GTEST_SKIP() << name << " is not " << kernel.release << ", of which the part is";
        EXPECT_FALSE(answers(part).empty());
        EXPECT_EQ(answers(whole), answers(part)) << program;
    }
}

INSTANTIATE_TEST_SUITE_P(
    kernels, CoreParts,
    testing::Values(Kernel{"vm:6.1", "6.1.0-56-cloud-amd64", "linux-6.1.btf"},
                    Kernel{"vm:6.12", "6.12.117+deb12-cloud-amd64", "linux-6.12.btf"},
                    Kernel{"kernel", "6.18.44", "linux-6.18.btf"}),
    [](const auto& kernel) { return "index_" + std::to_string(kernel.index); });

}  // namespace
}  // namespace bpftwin::cli
