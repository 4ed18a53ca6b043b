// What a kernel gets in place of an object's types and instructions.
#include <gtest/gtest.h>

#include "kernel-backend/attribute.h"
#include "kernel-backend/kernel.h"
#include "kernel-backend/program.h"
#include "kernel-backend/submitted_btf.h"
#include "tests/btf/builder.h"
#include "tests/support/programs.h"

namespace bpftwin::kernel {
namespace {

using test::BtfBuilder;

/// What `extern void function(int) __ksym; extern const void variable __ksym;` and a `__kconfig`
/// give.
std::shared_ptr<const Btf> with_externs() {
    BtfBuilder builder;
    const auto linkage = static_cast<std::uint32_t>(BtfLinkage::extern_);
    const auto number = builder.int_("int", 4, BtfBuilder::is_signed);
    const auto prototype = builder.record(BtfKind::func_proto, "", 1, 0, {0, number});
    const auto function = builder.record(BtfKind::func, "function", linkage, prototype);
    const auto untyped = builder.record(BtfKind::const_, "", 0, 0);
    const auto variable = builder.record(BtfKind::var, "variable", 0, untyped, {linkage});
    builder.record(BtfKind::datasec, ".ksyms", 2, 0, {function, 0, 0, variable, 0, 0});
    const auto option = builder.record(BtfKind::var, "CONFIG_HZ", 0, number, {linkage});
    builder.record(BtfKind::datasec, ".kconfig", 1, 0, {option, 0, 4});
    return Btf::parse(builder.bytes()).value();
}

Result<int> loaded(Kernel& kernel, ByteView raw) {
    Attribute attr;
    attr->btf_size = static_cast<std::uint32_t>(raw.size());
    attr.input(attr->btf, raw);
    return attr.call(kernel, BPF_BTF_LOAD);
}

TEST(submitted_btf, externs_become_global_under_the_same_ids) {
    const auto btf = with_externs();
    const auto submitted = Btf::parse(submitted_btf(*btf)).value();
    ASSERT_EQ(submitted->type_count(), btf->type_count());
    const auto function = submitted->type(*btf->find("function", BtfKind::func));
    EXPECT_EQ(function.linkage, BtfLinkage::global);
    EXPECT_EQ(submitted->params(submitted->type(function.type))[0].name, "function");
    const auto variable = submitted->type(*btf->find("variable", BtfKind::var));
    EXPECT_EQ(variable.linkage, BtfLinkage::global);
    EXPECT_EQ(submitted->type(variable.type).name, "int");
    EXPECT_EQ(submitted->kind(*btf->find(".ksyms", BtfKind::datasec)), BtfKind::ptr);
    EXPECT_EQ(submitted->kind(*btf->find(".kconfig", BtfKind::datasec)), BtfKind::ptr);
}

TEST(submitted_btf, types_without_externs_stay_as_they_are) {
    BtfBuilder builder;
    builder.ptr(builder.int_("int", 4));
    const auto btf = Btf::parse(builder.bytes()).value();
    const Bytes submitted = submitted_btf(*btf);
    EXPECT_TRUE(std::ranges::equal(submitted, btf->raw()));
}

TEST(submitted_btf, a_kernel_takes_what_it_refuses_as_it_stands) {
    const auto kernel = local_kernel();
    if (!kernel) GTEST_SKIP() << kernel.error().message;
    const auto btf = with_externs();
    EXPECT_FALSE(loaded(**kernel, btf->raw()));
    const auto accepted = loaded(**kernel, submitted_btf(*btf));
    ASSERT_TRUE(accepted) << accepted.error().message;
    (*kernel)->close(*accepted);
}

TEST(submitted_insns, only_maps_that_the_object_names_get_descriptors) {
    auto program = test::assembled("r1 = map[fd:0]\n r2 = map[fd:0]\n r0 = 0\n exit");
    program.unnamed_maps = {2};
    const int descriptors[] = {33};
    const auto insns = with_descriptors(program, descriptors);
    EXPECT_EQ(insns[0].imm, 33);
    EXPECT_EQ(insns[2].imm, 0);
}

}  // namespace
}  // namespace bpftwin::kernel
