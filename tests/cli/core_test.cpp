// The types that are checked in for the session `core` are parts of kernels' types: a whole kernel
// gives every relocation the same answer.
#include <string>
#include <vector>

#include "bpftwin/kernel.h"
#include "bpftwin/target.h"
#include "cli/object.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "isa/disasm.h"

namespace bpftwin::cli {
namespace {

struct Kernel {
    std::string where;    ///< As for --btf.
    std::string release;  ///< Whose types the part was made from.
    std::string part;
};

void PrintTo(const Kernel& kernel, std::ostream* out) { *out << kernel.release; }

/// What a relocation came to: outcome and instruction, not the place of a member among others,
/// which a part has fewer of.
std::vector<std::string> answers(ObjectSpec object, const Target& target) {
    std::vector<std::string> list;
    for (const CoreOutcome& outcome : resolve_core(object, target))
        list.push_back(
            fmt::format("{} {} {} {}", outcome.program, outcome.relocation.insn,
                        name_of(outcome.relocation.state),
                        outcome.after.empty() ? "" : disassemble(outcome.after, 0).value_or("?")));
    return list;
}

class CoreParts : public testing::TestWithParam<Kernel> {};

TEST_P(CoreParts, give_the_answers_of_the_whole_kernel) {
    const Kernel& kernel = GetParam();
    const std::string folder = BPFTWIN_GOLDEN "/";
    Target part, whole;
    for (const std::string program : {"inode", "process", "socket"}) {
        const auto object = open_object({.path = folder + program + ".bpf.c"});
        if (!object) GTEST_SKIP() << object.error().message;
        if (!whole.types) {
            auto asked = target_for(*object, kernel.where);
            if (!asked) GTEST_SKIP() << asked.error().message;
            whole = std::move(*asked);
            part.types = load_btf_file(folder + kernel.part).value();
        }
        if (!whole.types || !whole.name.contains(kernel.release))
            GTEST_SKIP() << whole.name << " is not " << kernel.release << ", of which the part is";
        EXPECT_FALSE(answers(*object, part).empty());
        EXPECT_EQ(answers(*object, whole), answers(*object, part)) << program;
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
