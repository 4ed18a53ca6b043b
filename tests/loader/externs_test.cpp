// Externs: laid out as libbpf does, and resolved against what a target has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bpftwin/target.h"
#include "isa/decode.h"
#include "tests/btf/builder.h"
#include "tests/loader/prelude.h"
#include "tests/support/compile.h"

namespace bpftwin {
namespace {

using test::BtfBuilder;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string extern_prelude = test::prelude + R"(
#define KCONFIG __attribute__((section(".kconfig")))
#define KSYM __attribute__((section(".ksyms")))
#define WEAK __attribute__((weak))
enum libbpf_tristate { TRI_NO, TRI_YES, TRI_MODULE };
)";

constexpr std::string_view values = R"(
extern char CONFIG_NAME[8] KCONFIG;
extern _Bool CONFIG_BOOL KCONFIG;
extern enum libbpf_tristate CONFIG_TRI KCONFIG;
extern char CONFIG_CHAR KCONFIG WEAK;
extern short CONFIG_SHORT KCONFIG;
extern u64 CONFIG_LONG KCONFIG;
extern int LINUX_KERNEL_VERSION KCONFIG;
SEC("xdp") int prog(void *ctx) {
    return CONFIG_NAME[0] + CONFIG_BOOL + CONFIG_TRI + CONFIG_CHAR + CONFIG_SHORT + CONFIG_LONG +
           LINUX_KERNEL_VERSION;
}
SEC("xdp") int other(void *ctx) { return 1; }
)";

constexpr std::string_view all_set =
    "# a comment\nCONFIG_OTHER=y\nCONFIG_NAME=\"a longer name\"\nCONFIG_BOOL=y\nCONFIG_TRI=m\n"
    "CONFIG_CHAR=n\nCONFIG_SHORT=-5\nCONFIG_LONG=0x1122334455667788\n";

Target configured(std::string_view config) {
    return {.name = "some kernel", .version = 0x060c05, .config = std::string(config)};
}

/// The outcome of the extern of that name.
const ExternOutcome& outcome(const std::vector<ExternOutcome>& outcomes, std::string_view name) {
    return *std::ranges::find(outcomes, name, &ExternOutcome::name);
}

std::uint64_t number_at(const ObjectSpec& object, std::string_view name) {
    const auto spec = std::ranges::find(object.externs, name, &ExternSpec::name);
    std::uint64_t number = 0;
    std::memcpy(&number, object.map("file.kconfig")->contents.data() + spec->offset,
                std::min<std::size_t>(spec->size, sizeof number));
    return number;
}

TEST(externs, configuration_values_are_laid_out_as_libbpf_does) {
    COMPILE_OR_SKIP(compiled, extern_prelude + std::string(values));
    const auto object = load_elf(compiled.image(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    std::vector<std::pair<std::string, std::uint32_t>> places;
    for (const ExternSpec& spec : object->externs) places.emplace_back(spec.name, spec.offset);
    using Place = std::pair<std::string, std::uint32_t>;
    EXPECT_THAT(places, ElementsAre(Place("CONFIG_LONG", 0), Place("CONFIG_TRI", 8),
                                    Place("LINUX_KERNEL_VERSION", 12), Place("CONFIG_SHORT", 16),
                                    Place("CONFIG_BOOL", 18), Place("CONFIG_CHAR", 19),
                                    Place("CONFIG_NAME", 20)));
    const MapSpec* map = object->map("file.kconfig");
    ASSERT_TRUE(map);
    EXPECT_EQ(map->value_size, 28U);
    EXPECT_TRUE(map->frozen);
    EXPECT_EQ(object->btf->type(map->btf_value_type_id).size, 28U);
    const ProgramSpec& program = *object->program("prog");
    ASSERT_EQ(program.externs.size(), 7U);
    for (const ExternReference& reference : program.externs) {
        EXPECT_EQ(program.insns[reference.insn + 1].imm,
                  static_cast<std::int32_t>(object->externs[reference.index].offset));
    }
}

TEST(externs, configuration_values_are_stored_by_their_types) {
    COMPILE_OR_SKIP(compiled, extern_prelude + std::string(values));
    auto object = load_elf(compiled.image(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    for (const ExternOutcome& one : resolve_externs(*object, configured(all_set)))
        EXPECT_EQ(one.state, ExternState::resolved) << one.name << ": " << one.why;
    EXPECT_EQ(number_at(*object, "CONFIG_LONG"), 0x1122334455667788U);
    EXPECT_EQ(number_at(*object, "CONFIG_TRI"), 2U);
    EXPECT_EQ(number_at(*object, "CONFIG_BOOL"), 1U);
    EXPECT_EQ(number_at(*object, "CONFIG_CHAR"), std::uint64_t{'n'});
    EXPECT_EQ(number_at(*object, "CONFIG_SHORT"), 0xfffbU);
    EXPECT_EQ(number_at(*object, "LINUX_KERNEL_VERSION"), 0x060c05U);
    EXPECT_EQ(number_at(*object, "CONFIG_NAME"), 0x0065676e6f6c2061U);  // "a longe"
}

TEST(externs, values_of_the_object_come_before_those_of_the_target) {
    COMPILE_OR_SKIP(compiled, extern_prelude + std::string(values));
    auto object = load_elf(compiled.image(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    object->kconfig = "CONFIG_SHORT=7\nLINUX_KERNEL_VERSION=1\n";
    resolve_externs(*object, configured(all_set));
    EXPECT_EQ(number_at(*object, "CONFIG_SHORT"), 7U);
    EXPECT_EQ(number_at(*object, "LINUX_KERNEL_VERSION"), 1U);
    object->kconfig.clear();
    resolve_externs(*object, configured(all_set));
    EXPECT_EQ(number_at(*object, "CONFIG_SHORT"), 0xfffbU);
}

struct Misfit {
    std::string_view line, name, why;
};

class misfits : public testing::TestWithParam<Misfit> {};

TEST_P(misfits, are_refused_where_they_are_used) {
    COMPILE_OR_SKIP(compiled, extern_prelude + std::string(values));
    auto object = load_elf(compiled.image(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    object->kconfig = GetParam().line;
    const auto outcomes = resolve_externs(*object, configured(all_set));
    const ExternOutcome& one = outcome(outcomes, GetParam().name);
    EXPECT_EQ(one.state, ExternState::failed);
    EXPECT_THAT(one.why, HasSubstr(GetParam().why));
    const auto& references = object->program("prog")->externs;
    EXPECT_TRUE(std::ranges::any_of(references, [&](const ExternReference& reference) {
        return reference.name == one.name && reference.state == ExternState::failed;
    }));
}

INSTANTIATE_TEST_SUITE_P(
    externs, misfits,
    testing::Values(Misfit{"CONFIG_BOOL=m", "CONFIG_BOOL", "wants a variable of type tristate"},
                    Misfit{"CONFIG_BOOL=1", "CONFIG_BOOL", "wants a variable of type integer"},
                    Misfit{"CONFIG_SHORT=32768", "CONFIG_SHORT", "2 bytes do not hold 32768"},
                    Misfit{"CONFIG_SHORT=y", "CONFIG_SHORT", "not integer"},
                    Misfit{"CONFIG_LONG=\"text\"", "CONFIG_LONG",
                           "wants a variable of type char[]"},
                    Misfit{"CONFIG_NAME=\"text", "CONFIG_NAME", "has no end"},
                    Misfit{"CONFIG_TRI=1", "CONFIG_TRI", "not tristate"},
                    Misfit{"CONFIG_LONG=12z", "CONFIG_LONG", "12z is no number"},
                    Misfit{"LINUX_KERNEL_VERSION=6.1", "LINUX_KERNEL_VERSION", "is no number"},
                    Misfit{"CONFIG_LONG", "CONFIG_LONG", "sets nothing"}));

TEST(externs, what_may_be_missing_is_zero_and_what_must_not_names_what_is_near) {
    COMPILE_OR_SKIP(compiled, extern_prelude + R"(
extern int CONFIG_STRONG KCONFIG;
extern int CONFIG_WEAK KCONFIG WEAK;
extern int LINUX_SOMETHING KCONFIG WEAK;
SEC("xdp") int strong(void *ctx) { return CONFIG_STRONG; }
SEC("xdp") int weak(void *ctx) { return CONFIG_WEAK + LINUX_SOMETHING; }
)");
    auto object = load_elf(compiled.image(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    const auto outcomes = resolve_externs(*object, configured("CONFIG_STRONGS=1\n"));
    EXPECT_EQ(outcome(outcomes, "CONFIG_WEAK").state, ExternState::absent);
    EXPECT_EQ(outcome(outcomes, "LINUX_SOMETHING").state, ExternState::absent);
    EXPECT_EQ(outcome(outcomes, "CONFIG_STRONG").state, ExternState::failed);
    EXPECT_THAT(outcome(outcomes, "CONFIG_STRONG").why, HasSubstr("did you mean CONFIG_STRONGS?"));
    EXPECT_THAT(object->program("strong")->externs.at(0).why, HasSubstr("program.c:"));
    EXPECT_EQ(object->program("weak")->externs.at(0).state, ExternState::absent);
}

TEST(externs, configuration_values_of_other_types_make_the_object_unreadable) {
    COMPILE_OR_SKIP(compiled, extern_prelude + R"(
extern struct { int a; } CONFIG_STRUCT KCONFIG;
SEC("xdp") int prog(void *ctx) { return CONFIG_STRUCT.a; }
)");
    const auto object = load_elf(compiled.image(), "file.o");
    ASSERT_FALSE(object);
    EXPECT_THAT(object.error().message, HasSubstr("extern CONFIG_STRUCT in section .kconfig"));
}

/// A kernel with a function and a variable, and a module with others of the same types.
Target kernel_with_module() {
    BtfBuilder own;
    const auto number = own.int_("int", 4, BtfBuilder::is_signed);
    const auto prototype = own.func_proto(number, {{"x", number}});
    own.func("kernel_function", prototype);              // 3
    own.var("kernel_variable", number);                  // 4
    own.func("other_prototype", own.func_proto(0, {}));  // 6
    // Names of the module, which continues the kernel's types.
    const auto function_name = own.string("module_function");
    const auto variable_name = own.string("module_variable");
    auto types = own.build();
    const auto kind = [](BtfKind value) { return static_cast<std::uint32_t>(value) << 24; };
    BtfBuilder more;
    more.words({function_name, kind(BtfKind::func) | 1, prototype});  // 7
    more.words({variable_name, kind(BtfKind::var), number}, {1});     // 8
    auto module = Btf::parse(more.bytes(), types);
    EXPECT_TRUE(module) << module.error().message;
    return {.name = "some kernel",
            .types = std::move(types),
            .modules = {{"a_module", std::move(*module)}}};
}

constexpr std::string_view symbols = R"(
extern int kernel_function(int x) KSYM;
extern int kernel_function___new(int x) KSYM WEAK;
extern int missing_function(int x) KSYM WEAK;
extern int other_prototype(int x) KSYM WEAK;
extern int kernel_functoin(int x) KSYM;
extern const int kernel_variable KSYM;
extern const int missing_variable KSYM WEAK;
extern int module_function(int x) KSYM;
extern const int module_variable KSYM;
extern const void kernel_symbol KSYM;
extern const void missing_symbol KSYM WEAK;
extern const void two_symbols KSYM WEAK;
SEC("tc") int call(void *ctx) { return kernel_function(1) + kernel_function___new(2); }
SEC("tc") int weak(void *ctx) { return missing_function(1) + other_prototype(2); }
SEC("tc") int wrong(void *ctx) { return kernel_functoin(1); }
SEC("tc") int typed(void *ctx) { return (u64)&kernel_variable >> 1 | (u64)&missing_variable; }
SEC("tc") int typeless(void *ctx) { return (u64)&kernel_symbol >> 1 | (u64)&missing_symbol; }
SEC("tc") int module(void *ctx) { return module_function((u64)&module_variable >> 1); }
SEC("tc") int twice(void *ctx) { return (u64)&two_symbols; }
)";

constexpr std::string_view kallsyms =
    "ffffffff81000010 T kernel_symbol\nffffffff81000020 t two_symbols\n"
    "ffffffff81000030 t two_symbols\t[module]\nffffffff81000040 d lto_symbol.llvm.123\n";

class kernel_symbols : public testing::Test {
protected:
    void SetUp() override {
        const auto compiled = test::compile(extern_prelude + std::string(symbols));
        if (!compiled.skip_reason.empty()) GTEST_SKIP() << compiled.skip_reason;
        auto object = load_elf(compiled.image(), "file.o");
        ASSERT_TRUE(object) << object.error().message;
        object_ = std::move(*object);
        Target target = kernel_with_module();
        target.symbols = kallsyms;
        outcomes_ = resolve_externs(object_, target);
    }

    const ExternOutcome& of(std::string_view name) { return outcome(outcomes_, name); }
    /// The instruction of the program that refers to the extern.
    std::span<const Insn> site(std::string_view program, std::string_view name) {
        const ProgramSpec& spec = *object_.program(program);
        const auto found = std::ranges::find(spec.externs, name, &ExternReference::name);
        return std::span(spec.insns).subspan(found->insn);
    }

    ObjectSpec object_;
    std::vector<ExternOutcome> outcomes_;
};

TEST_F(kernel_symbols, functions_are_called_by_their_id_whatever_their_flavour) {
    for (const auto* name : {"kernel_function", "kernel_function___new"}) {
        EXPECT_EQ(of(name).state, ExternState::resolved) << of(name).why;
        const Insn& call = site("call", name)[0];
        EXPECT_EQ(decode(call), Op::call_kfunc);
        EXPECT_EQ(call.imm, 3);
        EXPECT_EQ(call.off, 0);
    }
}

TEST_F(kernel_symbols, a_missing_weak_function_is_a_call_that_tells_which_extern_it_was) {
    EXPECT_EQ(of("missing_function").state, ExternState::absent);
    // Another prototype is another function.
    EXPECT_EQ(of("other_prototype").state, ExternState::absent);
    for (const auto* name : {"missing_function", "other_prototype"}) {
        const auto index =
            std::ranges::find(object_.externs, name, &ExternSpec::name) - object_.externs.begin();
        EXPECT_EQ(decode(site("weak", name)[0]), Op::call_helper);
        EXPECT_EQ(site("weak", name)[0].imm, 2002000000 + index);
    }
}

TEST_F(kernel_symbols, a_missing_function_fails_and_names_what_is_near) {
    EXPECT_EQ(of("kernel_functoin").state, ExternState::failed);
    EXPECT_THAT(of("kernel_functoin").why, HasSubstr("did you mean kernel_function?"));
    EXPECT_EQ(object_.program("wrong")->externs.at(0).state, ExternState::failed);
    EXPECT_EQ(object_.program("call")->externs.at(0).state, ExternState::resolved);
}

TEST_F(kernel_symbols, variables_are_loaded_by_their_id_and_missing_ones_are_zero) {
    const auto found = site("typed", "kernel_variable");
    EXPECT_EQ(decode(found[0]), Op::lddw_btf_id);
    EXPECT_EQ(found[0].imm, 4);
    EXPECT_EQ(found[1].imm, 0);
    const auto missing = site("typed", "missing_variable");
    EXPECT_EQ(decode(missing[0]), Op::lddw);
    EXPECT_EQ(missing[0].imm, 0);
    EXPECT_EQ(of("missing_variable").state, ExternState::absent);
}

TEST_F(kernel_symbols, what_a_module_has_is_referred_to_by_the_module) {
    EXPECT_EQ(of("module_function").module, "a_module");
    EXPECT_EQ(site("module", "module_function")[0].imm, 7);
    EXPECT_EQ(site("module", "module_function")[0].off, 1);
    EXPECT_EQ(site("module", "module_variable")[0].imm, 8);
    for (const ExternReference& reference : object_.program("module")->externs)
        EXPECT_EQ(reference.module, "a_module");
}

TEST_F(kernel_symbols, symbols_without_a_type_are_loaded_by_address) {
    const auto found = site("typeless", "kernel_symbol");
    EXPECT_EQ(decode(found[0]), Op::lddw);
    EXPECT_EQ(static_cast<std::uint32_t>(found[0].imm), 0x81000010U);
    EXPECT_EQ(static_cast<std::uint32_t>(found[1].imm), 0xffffffffU);
    EXPECT_EQ(of("kernel_symbol").value, "0xffffffff81000010");
    EXPECT_EQ(of("missing_symbol").state, ExternState::absent);
}

TEST_F(kernel_symbols, two_symbols_of_a_name_are_an_error_even_where_it_may_be_missing) {
    EXPECT_EQ(of("two_symbols").state, ExternState::failed);
    EXPECT_THAT(of("two_symbols").why, HasSubstr("0xffffffff81000020 and 0xffffffff81000030"));
}

TEST_F(kernel_symbols, another_target_gives_other_answers) {
    const auto outcomes = resolve_externs(object_, {.name = "nothing"});
    EXPECT_EQ(outcome(outcomes, "kernel_function").state, ExternState::failed);
    EXPECT_THAT(outcome(outcomes, "kernel_function").why,
                HasSubstr("the types of nothing are not known"));
    EXPECT_EQ(site("call", "kernel_function")[0].imm, 0);
    EXPECT_EQ(decode(site("call", "kernel_function___new")[0]), Op::call_helper);
    Target target = kernel_with_module();
    target.symbols = kallsyms;
    resolve_externs(object_, target);
    EXPECT_EQ(decode(site("call", "kernel_function___new")[0]), Op::call_kfunc);
    EXPECT_EQ(site("call", "kernel_function")[0].imm, 3);
}

TEST_F(kernel_symbols, an_object_asks_for_what_its_externs_need) {
    const TargetNeeds needs = needs_of(object_);
    EXPECT_TRUE(needs.types);
    EXPECT_TRUE(needs.symbols);
    EXPECT_FALSE(needs.config);
    EXPECT_FALSE(needs.version);
    EXPECT_TRUE(asks_for_modules(object_, *kernel_with_module().types));
}

TEST(config_text, packed_and_plain_files_are_the_same_and_damaged_ones_an_error) {
    // printf 'CONFIG_HZ=250\n' | gzip -n
    constexpr auto packed = std::to_array<unsigned char>(
        {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x73, 0xf6,
         0xf7, 0x73, 0xf3, 0x74, 0x8f, 0xf7, 0x88, 0xb2, 0x35, 0x32, 0x35, 0xe0,
         0x02, 0x00, 0xfb, 0x5f, 0x3a, 0x01, 0x0e, 0x00, 0x00, 0x00});
    const std::string plain = "CONFIG_HZ=250\n";
    EXPECT_EQ(config_text(std::as_bytes(std::span(plain))).value(), plain);
    const ByteView file = std::as_bytes(std::span(packed));
    EXPECT_EQ(config_text(file).value(), plain);
    for (std::size_t size = 2; size < file.size(); ++size)
        EXPECT_FALSE(config_text(file.first(size))) << size;
}

}  // namespace
}  // namespace bpftwin
