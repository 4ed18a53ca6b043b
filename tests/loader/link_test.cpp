// Programs with their subprograms, from every compiler.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "bpftwin/spec.h"
#include "btf/btf.h"
#include "isa/decode.h"
#include "tests/loader/prelude.h"
#include "tests/support/compile.h"

namespace bpftwin {
namespace {

using test::prelude;
using testing::ElementsAre;

const std::string calls_source = prelude + R"(
int table[10] = {1, 2, 3}; int other[10] = {4}; static volatile int own[4] = {1, 2, 3, 4};
static NOINLINE int leaf(int x) { return x * 3 + other[3]; }
NOINLINE int global(int x) { return x * 7 + table[2] + leaf(x); }
static NOINLINE int middle(int x) { return x * 5 + leaf(x) + own[2] + global(x); }
static long each(u32 i, void *sum) { *(u64 *)sum += i + other[1]; return 0; }
SEC("xdp") int first(void *ctx) { return middle((long)ctx) + global(2); }
SEC("xdp") int second(void *ctx) { u64 sum = 0; bpf_loop(4, each, &sum, 0); return sum + leaf(1); }
SEC("tc") int third(void *ctx) { return other[4] + table[1]; }
)";

std::vector<std::string> function_names(const ProgramSpec& program) {
    std::vector<std::string> names;
    for (const auto& function : program.functions) {
        // Optimisers append to names (".constprop.0").
        names.push_back(function.name.substr(0, function.name.find('.')));
    }
    return names;
}

/// Names of functions that the program's calls and function addresses lead to, in order.
std::vector<std::string> targets(const ProgramSpec& program) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < program.insns.size(); ++i) {
        const auto& insn = program.insns[i];
        bool call = insn.code == 0x85 && insn.src == 1;
        bool address = insn.code == 0x18 && insn.src == pseudo::func;
        if (!call && !address) continue;
        auto target = static_cast<std::uint32_t>(static_cast<int>(i) + 1 + insn.imm);
        auto found = std::ranges::find(program.functions, target, &Function::insn);
        names.push_back(
            found == program.functions.end() ? "?" : found->name.substr(0, found->name.find('.')));
    }
    return names;
}

/// The bytes that a map_value load refers to, as an int.
int loaded_value(const ObjectSpec& object, const ProgramSpec& program, std::uint32_t insn) {
    const auto& map = object.maps.at(static_cast<std::size_t>(program.insns[insn].imm));
    int value = 0;
    std::memcpy(&value, map.contents.data() + program.insns[insn + 1].imm, sizeof(value));
    return value;
}

class linking : public testing::TestWithParam<const char*> {};

TEST_P(linking, subprograms_follow_in_order_of_discovery) {
    COMPILE_OR_SKIP(object, calls_source, {.compiler = GetParam()});
    auto loaded = load_elf(object.image(), "file.o");
    ASSERT_TRUE(loaded) << loaded.error().message;
    ASSERT_EQ(loaded->programs.size(), 3u);
    for (const auto& program : loaded->programs) {
        auto valid = validate(program.insns);
        EXPECT_TRUE(valid) << program.name << ": " << valid.error().message;
    }
    const auto& first = *loaded->program("first");
    EXPECT_THAT(function_names(first), ElementsAre("first", "middle", "leaf", "global"));
    // middle's sum may be evaluated in either order, first's too.
    EXPECT_THAT(targets(first),
                testing::UnorderedElementsAre("middle", "global", "leaf", "global", "leaf"));
    const auto& second = *loaded->program("second");
    EXPECT_THAT(function_names(second), ElementsAre("second", "each", "leaf"));
    EXPECT_THAT(targets(second), ElementsAre("each", "leaf"));
    EXPECT_THAT(function_names(*loaded->program("third")), ElementsAre("third"));
    EXPECT_EQ(loaded->program("third")->type, ProgType::sched_cls);
}

TEST_P(linking, variables_are_found_at_their_offsets) {
    COMPILE_OR_SKIP(object, prelude + R"(
int a = 11; int b = 22; static volatile int c = 33; int d = 44;
SEC("xdp") int prog(void *ctx) { return a + b + c + d; }
)",
                    {.compiler = GetParam()});
    auto loaded = load_elf(object.image(), "file.o");
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto& program = loaded->programs.at(0);
    std::vector<int> values;
    for (std::uint32_t i = 0; i < program.insns.size(); ++i)
        if (program.insns[i].code == 0x18 && program.insns[i].src == pseudo::map_value)
            values.push_back(loaded_value(*loaded, program, i));
    EXPECT_THAT(values, testing::UnorderedElementsAre(11, 22, 33, 44));
}

TEST_P(linking, func_and_line_info_move_with_the_code) {
    COMPILE_OR_SKIP(object, calls_source, {.compiler = GetParam()});
    bool has_info = std::string_view(GetParam()) != "bpf-gcc";  // gcc 12 writes none
    auto loaded = load_elf(object.image(), "file.o");
    ASSERT_TRUE(loaded) << loaded.error().message;
    for (const auto& program : loaded->programs) {
        ASSERT_EQ(program.func_info.size(), has_info ? program.functions.size() : 0);
        if (!has_info) continue;
        for (std::size_t i = 0; i < program.functions.size(); ++i) {
            EXPECT_EQ(program.func_info[i].insn, program.functions[i].insn);
            EXPECT_EQ(loaded->btf->type(program.func_info[i].type_id).name,
                      program.functions[i].name);
            EXPECT_TRUE(std::ranges::any_of(program.line_info, [&](const LineInfo& line) {
                return line.insn == program.functions[i].insn;
            }));
        }
        EXPECT_TRUE(std::ranges::is_sorted(program.line_info, {}, &LineInfo::insn));
        EXPECT_LT(program.line_info.back().insn, program.insns.size());
    }
}

INSTANTIATE_TEST_SUITE_P(, linking, testing::ValuesIn(test::compilers), test::compiler_name);

TEST(link, weak_and_hidden_functions_are_linked_and_hidden_ones_are_static_in_btf) {
    COMPILE_OR_SKIP(object, prelude + R"(
HIDDEN NOINLINE int hidden(int x) { return x + 1; }
__attribute__((weak)) NOINLINE int weak(int x) { return x + 2; }
SEC("xdp") int prog(void *ctx) { return hidden(1) + weak(2); }
)");
    auto loaded = load_elf(object.image(), "file.o");
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_THAT(function_names(loaded->programs.at(0)), ElementsAre("prog", "hidden", "weak"));
    const auto& btf = *loaded->btf;
    EXPECT_EQ(btf.type(*btf.find("hidden", BtfKind::func)).linkage, BtfLinkage::static_);
    EXPECT_EQ(btf.type(*btf.find("weak", BtfKind::func)).linkage, BtfLinkage::global);
}

TEST(link, core_relocations_are_kept_where_their_instructions_go) {
    COMPILE_OR_SKIP(object, prelude + R"(
struct task_struct { int pid; int tgid; } __attribute__((preserve_access_index));
static NOINLINE int tgid(struct task_struct *task) { return task->tgid; }
SEC("kprobe/do_exit") int prog(struct task_struct *task) { return task->pid + tgid(task); }
)");
    auto loaded = load_elf(object.image(), "file.o");
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto& program = loaded->programs.at(0);
    ASSERT_EQ(program.core_relocations.size(), 2u);
    for (const auto& relocation : program.core_relocations)
        EXPECT_EQ(loaded->btf->type(relocation.type_id).name, "task_struct");
    auto sub = program.functions.at(1).insn;
    EXPECT_EQ(program.core_relocations[0].access, "0:0");
    EXPECT_LT(program.core_relocations[0].insn, sub);
    EXPECT_EQ(program.core_relocations[1].access, "0:1");
    EXPECT_GE(program.core_relocations[1].insn, sub);
}

TEST(link, what_handles_exceptions_is_linked_last) {
    COMPILE_OR_SKIP(object, prelude + R"(
NOINLINE int leaf(int x) { return x + 1; }
NOINLINE int handler(u64 cookie) { return leaf(cookie); }
NOINLINE int called(int x) { return x + 2; }
SEC("tc") __attribute__((btf_decl_tag("exception_callback:handler"))) int prog(void *ctx) {
    return called(1);
}
SEC("tc") int other(void *ctx) { return 0; }
)");
    auto loaded = load_elf(object.image(), "file.o");
    ASSERT_TRUE(loaded) << loaded.error().message;
    std::vector<std::string> names;
    for (const Function& function : loaded->program("prog")->functions)
        names.push_back(function.name);
    EXPECT_THAT(names, testing::ElementsAre("prog", "called", "handler", "leaf"));
    EXPECT_EQ(loaded->program("other")->functions.size(), 1U);
}

TEST(link, references_to_externs_are_recorded) {
    COMPILE_OR_SKIP(object, prelude + R"(
extern int LINUX_KERNEL_VERSION SEC(".kconfig");
extern const void jiffies_64 SEC(".ksyms") __attribute__((weak));
extern void kernel_function(void *x) SEC(".ksyms");
SEC("tc") int prog(void *ctx) {
    kernel_function(ctx);
    return LINUX_KERNEL_VERSION + (&jiffies_64 != 0);
}
)");
    auto loaded = load_elf(object.image(), "file.o");
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto& program = loaded->programs.at(0);
    ASSERT_EQ(program.externs.size(), 3u);
    for (const auto& reference : program.externs) {
        const auto& insn = program.insns.at(reference.insn);
        EXPECT_EQ(reference.state, ExternState::open);
        EXPECT_EQ(reference.name, loaded->externs.at(reference.index).name);
        EXPECT_EQ(decode(insn).value(), reference.name == "kernel_function" ? Op::call_kfunc
                                        : reference.name == "jiffies_64"    ? Op::lddw
                                                                            : Op::lddw_map_value);
    }
    EXPECT_TRUE(validate(program.insns));
}

TEST(link, a_map_by_descriptor_is_left_as_it_was_written) {
    COMPILE_OR_SKIP(object, prelude + R"(
struct { __uint(type, 1); __uint(max_entries, 9); __type(key, u32); __type(value, u64); }
    named SEC(".maps");
static NOINLINE int sub(void) {
    asm volatile(".quad 0x0000000700001118, 0" ::: "r1");
    return 1;
}
SEC("xdp") int prog(void *ctx) { u32 k = 0; return sub() + (bpf_map_lookup_elem(&named, &k) != 0); }
SEC("xdp") int other(void *ctx) { return 0; }
)");
    auto loaded = load_elf(object.image(), "file.o");
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto& program = *loaded->program("prog");
    ASSERT_EQ(program.unnamed_maps.size(), 1u);
    const auto& insn = program.insns.at(program.unnamed_maps[0]);
    EXPECT_EQ(decode(insn).value(), Op::lddw_map_fd);
    EXPECT_EQ(insn.imm, 7);
    EXPECT_TRUE(loaded->program("other")->unnamed_maps.empty());
}

TEST(link, an_undefined_function_is_named) {
    COMPILE_OR_SKIP(object, prelude + R"(
extern int nowhere(int x);
SEC("xdp") int prog(void *ctx) { return nowhere(1); }
)");
    auto loaded = load_elf(object.image(), "file.o");
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().message,
                testing::MatchesRegex(
                    "file.o: section xdp: insn [0-9]+: 'nowhere' is defined nowhere; .*bpftool "
                    "gen object"));
}

TEST(link, a_big_endian_object_is_refused) {
    COMPILE_OR_SKIP(object, prelude + "SEC(\"xdp\") int prog(void *ctx) { return 1; }",
                    {.flags = {"-target", "bpfeb"}});
    EXPECT_EQ(load_elf(object.image(), "file.o").error().message,
              "file.o: a big-endian BPF object; compile it with -target bpfel");
}

}  // namespace
}  // namespace bpftwin
