#include "cli/assembly.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bpftwin::cli {
namespace {

using testing::HasSubstr;

TEST(assembly, is_one_program_of_the_declared_type) {
    auto object = assembly_object("; A test.\n;  type: xdp\nr0 = 2\nexit\n", "pass");
    ASSERT_TRUE(object) << object.error().message;
    ASSERT_EQ(object->programs.size(), 1u);
    const ProgramSpec& program = object->programs[0];
    EXPECT_EQ(program.name, "pass");
    EXPECT_EQ(program.type, ProgType::xdp);
    EXPECT_EQ(program.section, "xdp");
    EXPECT_EQ(program.insns.size(), 2u);
    EXPECT_EQ(object->license, "GPL");
}

TEST(assembly, without_a_type_belongs_to_no_hook) {
    EXPECT_EQ(assembly_object("r0 = 0\nexit", "p")->programs[0].type, ProgType::unspec);
}

TEST(assembly, knows_helpers_by_name) {
    auto object = assembly_object("call bpf_ktime_get_ns\nexit", "p");
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(object->programs[0].insns[0].imm, 5);
}

TEST(assembly, lists_called_functions) {
    auto object = assembly_object("call twice\nexit\ntwice: r0 = 4\nexit", "p");
    ASSERT_TRUE(object) << object.error().message;
    const auto& functions = object->programs[0].functions;
    ASSERT_EQ(functions.size(), 2u);
    EXPECT_EQ(functions[0].name, "p");
    EXPECT_EQ(functions[1].insn, 2u);
}

TEST(assembly, errors_are_precise) {
    EXPECT_THAT(assembly_object("r0 = 1\nr0 += foo", "p").error().message, HasSubstr("line 2"));
    EXPECT_EQ(assembly_object("; type: moon\nexit", "p").error().message,
              "type 'moon' is no program type");
    EXPECT_EQ(assembly_object("", "p").error().message, "no instructions");
    EXPECT_THAT(assembly_object("goto pc+7\nexit", "p").error().message, HasSubstr("insn 0"));
}

}  // namespace
}  // namespace bpftwin::cli
