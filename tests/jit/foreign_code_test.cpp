// Code for both targets, whichever of them this machine is.
#include <algorithm>
#include <filesystem>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "jit/compile.h"
#include "jit/lower.h"
#include "tests/conformance/data_file.h"
#include "tests/support/programs.h"
#include "vm/map_set.h"

namespace bpftwin::jit {
namespace {

namespace fs = std::filesystem;

/// A target, and a processor of it.
struct Processor {
    std::string_view name;
    std::string_view target;
    CpuFeatures features;
};
constexpr Processor processors[] = {
    {"x86_64_old", "x86_64", {}},
    {"x86_64_new", "x86_64", {.bmi2 = true, .movbe = true}},
    {"arm64_old", "arm64", {}},
    {"arm64_new", "arm64", {.lse = true}},
};

class foreign_code : public testing::TestWithParam<Processor> {
protected:
    /// Compiles every program that can be run; @return how many there were.
    std::size_t compile_all(const ObjectSpec& object) {
        const auto maps = MapSet::create(object, 1);
        if (!maps) return 0;
        const auto addresses = maps->addresses();
        std::size_t count = 0;
        for (const ProgramSpec& program : object.programs) {
            auto lowered = lower(program, {addresses, maps->maps()});
            if (!lowered) continue;
            find_live_registers(*lowered);
            fold(*lowered);
            compile_in_all_ways(*lowered);
            ++count;
        }
        return count;
    }

    void compile_in_all_ways(const LoweredProgram& program) {
        SCOPED_TRACE(program.program->name);
        for (const bool metered : {false, true})
            for (const bool listing : {false, true})
                expect_compiles(
                    program, {.cpu = GetParam().features, .metered = metered, .listing = listing});
    }

    static void expect_compiles(const LoweredProgram& program, const CompileOptions& options) {
        const auto code = (*target_named(GetParam().target))->compile(program, options);
        ASSERT_TRUE(code) << code.error().message;
        EXPECT_EQ(code->function_offsets.size(), program.functions.size());
        EXPECT_TRUE(std::ranges::is_sorted(code->places, {}, &CodePlace::offset));
        EXPECT_LT(code->places.back().offset, code->code.size());
        EXPECT_EQ(code->listing.size(), options.listing ? code->places.size() : 0);
    }
};
INSTANTIATE_TEST_SUITE_P(processors, foreign_code, testing::ValuesIn(processors),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_P(foreign_code, has_a_way_in_and_a_way_out) {
    const auto entry = (*target_named(GetParam().target))->compile_entry();
    ASSERT_TRUE(entry) << entry.error().message;
    ASSERT_EQ(entry->function_offsets.size(), 2u);
    EXPECT_EQ(entry->function_offsets[0], 0u);
    EXPECT_LT(entry->function_offsets[1], entry->code.size());
}

TEST_P(foreign_code, is_made_of_every_conformance_case) {
    const auto files = conformance::data_files_in(BPFTWIN_CORPUS "/bpf_conformance");
    if (files.empty()) GTEST_SKIP() << "no cases in " BPFTWIN_CORPUS "/bpf_conformance";
    std::size_t count = 0;
    for (const auto& path : files) {
        const auto file = conformance::read_data_file(path);
        ASSERT_TRUE(file) << file.error().message;
        ProgramSpec program;
        program.name = file->name;
        program.insns = file->program;
        const std::size_t compiled = compile_all(test::object_of({program}));
        EXPECT_TRUE(compiled == 1 || !file->error.empty()) << file->name;
        count += compiled;
    }
    fmt::print("{}: {} of {} cases\n", GetParam().name, count, files.size());
}

TEST_P(foreign_code, is_made_of_every_object_that_runs_here) {
    std::size_t count = 0;
    std::error_code missing;
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(BPFTWIN_CORPUS) / "objects", missing)) {
        if (entry.path().extension() != ".o") continue;
        SCOPED_TRACE(entry.path().string());
        const auto object = load_elf_file(entry.path());
        ASSERT_TRUE(object) << object.error().message;
        count += compile_all(*object);
    }
    if (missing) GTEST_SKIP() << "no objects in " BPFTWIN_CORPUS "/objects";
    fmt::print("{}: {} programs\n", GetParam().name, count);
    EXPECT_GT(count, 0u);
}

}  // namespace
}  // namespace bpftwin::jit
