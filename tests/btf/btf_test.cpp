// Queries on parsed types, and data sections laid out.
#include "btf/btf.h"

#include <thread>

#include "btf/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/btf/builder.h"

namespace bpftwin::test {
namespace {

using testing::HasSubstr;

TEST(btf, reads_every_kind) {
    BtfBuilder b;
    const auto i = b.int_("int", 4, BtfBuilder::is_signed);
    const auto p = b.ptr(i);
    const auto a = b.array(i, i, 3);
    const auto s = b.struct_("s", 8, {{"x", i, bit_field(0, 5)}, {"y", i, bit_field(32, 0)}}, true);
    const auto u = b.union_("u", 4, {{"", i, 0}});
    const auto e = b.enum_("e", 4, {{"minus", -1}, {"big", 7}}, true);
    const auto f = b.fwd("f", true);
    const auto t = b.typedef_("t", i);
    const auto proto = b.func_proto(i, {{"x", p}, {"", 0}});
    const auto fn = b.func("fn", proto, BtfLinkage::extern_);
    const auto v = b.var("v", i);
    const auto d = b.datasec(".data", 16, {{v, 4, 4}});
    const auto fl = b.float_("double", 8);
    const auto dt = b.decl_tag("tag", s, 1);
    const auto e64 = b.enum64("e64", 8, {{"huge", INT64_MAX}});
    const auto btf = b.build();

    EXPECT_EQ(btf->type_count(), e64 + 1);
    EXPECT_EQ(btf->type(i).bits, 32);
    EXPECT_TRUE(btf->type(i).is_signed);
    EXPECT_EQ(btf->type(p).type, i);
    EXPECT_EQ(btf->type(a).count, 3U);
    EXPECT_EQ(btf->type(a).index_type, i);
    ASSERT_EQ(btf->members(btf->type(s)).size(), 2U);
    EXPECT_EQ(btf->members(btf->type(s))[0].bitfield_size, 5U);
    EXPECT_EQ(btf->members(btf->type(s))[1].bit_offset, 32U);
    EXPECT_EQ(btf->members(btf->type(u))[0].name, "");
    EXPECT_EQ(btf->enumerators(btf->type(e))[0].value, ~std::uint64_t{0});
    EXPECT_TRUE(btf->type(f).kind_flag);
    EXPECT_EQ(btf->type(t).name, "t");
    EXPECT_EQ(btf->params(btf->type(proto))[0].name, "x");
    EXPECT_EQ(btf->type(fn).linkage, BtfLinkage::extern_);
    EXPECT_EQ(btf->type(v).linkage, BtfLinkage::global);
    EXPECT_EQ(btf->section_vars(btf->type(d))[0].offset, 4U);
    EXPECT_EQ(btf->type(fl).size, 8U);
    EXPECT_EQ(btf->type(dt).component, 1);
    EXPECT_EQ(btf->enumerators(btf->type(e64))[0].value, std::uint64_t{INT64_MAX});
    EXPECT_TRUE(btf->members(btf->type(i)).empty());
    EXPECT_EQ(btf->kind(fl), BtfKind::float_);
    EXPECT_EQ(describe(*btf, s), "type 4 (STRUCT s)");
}

TEST(btf, bit_fields_of_old_compilers_are_like_new_ones) {
    BtfBuilder b;
    const auto i = b.int_("int", 4);
    const auto three = b.record(BtfKind::int_, "unsigned int", 0, 4, {3 | 2 << 16});
    const auto s = b.struct_("s", 8, {{"a", three, 8}, {"b", i, 30}});
    const auto btf = b.build();
    const auto members = btf->members(btf->type(s));
    EXPECT_EQ(members[0].bit_offset, 10U);
    EXPECT_EQ(members[0].bitfield_size, 3U);
    EXPECT_EQ(members[1].bit_offset, 30U);
    EXPECT_EQ(members[1].bitfield_size, 32U);
    EXPECT_THAT(to_raw(*btf), HasSubstr("'a' type_id=2 bits_offset=8\n"));
}

TEST(btf, ids_out_of_range_are_void) {
    BtfBuilder b;
    b.int_("int", 4);
    const auto btf = b.build();
    EXPECT_EQ(btf->type(2).kind, BtfKind::void_);
    EXPECT_EQ(btf->type(UINT32_MAX).kind, BtfKind::void_);
    EXPECT_EQ(btf->kind(UINT32_MAX), BtfKind::void_);
    EXPECT_FALSE(btf->size_of(77));
    EXPECT_EQ(btf->string(9999), "");
}

TEST(btf, strings_may_begin_inside_others) {
    BtfBuilder b;
    const auto at = b.string("prefix_name");
    b.words({at + 7, 0x04000000, 0});
    EXPECT_EQ(b.build()->type(1).name, "name");
    EXPECT_EQ(b.build()->string(at + 7), "name");
}

TEST(btf, finds_the_first_type_of_a_name_and_kind) {
    BtfBuilder b;
    b.fwd("x");
    const auto first = b.struct_("x", 0, {});
    b.struct_("x", 4, {});
    const auto typedef_id = b.typedef_("x", first);
    const auto btf = b.build();
    EXPECT_EQ(btf->find("x", BtfKind::struct_), first);
    EXPECT_EQ(btf->find("x", BtfKind::typedef_), typedef_id);
    EXPECT_EQ(btf->find("x", BtfKind::union_), std::nullopt);
    EXPECT_EQ(btf->find("y", BtfKind::struct_), std::nullopt);
    EXPECT_EQ(btf->find("", BtfKind::struct_), std::nullopt);
}

TEST(btf, finds_every_name_among_many) {
    BtfBuilder b;
    for (int n = 0; n < 5000; ++n) b.struct_("name_" + std::to_string(n), 0, {});
    const auto btf = b.build();
    for (std::uint32_t n = 0; n < 5000; ++n)
        ASSERT_EQ(btf->find("name_" + std::to_string(n), BtfKind::struct_), n + 1);
}

TEST(btf, threads_may_look_up_at_once) {
    BtfBuilder b;
    const auto id = b.struct_("s", 0, {});
    const auto btf = b.build();
    const auto look = [&] { EXPECT_EQ(btf->find("s", BtfKind::struct_), id); };
    std::thread one(look), two(look);
    one.join();
    two.join();
}

TEST(btf, resolve_strips_all_other_names) {
    BtfBuilder b;
    const auto i = b.int_("int", 4);
    const auto id = b.type_tag("x", b.typedef_("t", b.const_(b.volatile_(b.restrict_(i)))));
    const auto btf = b.build();
    EXPECT_EQ(btf->resolve(id), i);
    EXPECT_EQ(btf->resolve(i), i);
    EXPECT_EQ(btf->resolve(0), 0U);
}

TEST(btf, sizes_are_those_of_c) {
    BtfBuilder b;
    const auto i = b.int_("int", 4);
    const auto p = b.ptr(0);
    const auto a = b.array(b.typedef_("t", b.array(i, i, 3)), i, 5);
    const auto proto = b.func_proto(0, {});
    const auto v = b.var("v", a);
    const auto d = b.datasec(".data", 60, {{v, 0, 60}});
    const auto f = b.fwd("f");
    const auto btf = b.build();
    EXPECT_EQ(btf->size_of(p), 8U);
    EXPECT_EQ(btf->size_of(a), 60U);
    EXPECT_EQ(btf->size_of(v), 60U);
    EXPECT_EQ(btf->size_of(d), 60U);
    EXPECT_EQ(btf->size_of(proto), std::nullopt);
    EXPECT_EQ(btf->size_of(f), std::nullopt);
    EXPECT_EQ(btf->size_of(0), std::nullopt);
}

Result<std::shared_ptr<const Btf>> laid_out(const Btf& btf,
                                            std::span<const DatasecLayout> layouts) {
    auto bytes = with_datasecs(btf.raw(), layouts);
    if (!bytes) return std::unexpected(bytes.error());
    return Btf::parse(*std::move(bytes));
}

class WithDatasecs : public testing::Test {
protected:
    BtfBuilder b;
    BtfBuilder::Id i = b.int_("int", 4);
    BtfBuilder::Id first = b.var("first", i);
    BtfBuilder::Id second = b.var("second", i);
    BtfBuilder::Id local = b.var("local", i, BtfLinkage::static_);
};

TEST_F(WithDatasecs, sizes_and_offsets_are_filled_in_and_sorted) {
    const auto data = b.datasec(".data", 0, {{first, 0, 4}, {second, 0, 4}, {local, 4, 4}});
    const auto after = b.typedef_("after", i);
    const DatasecLayout layout{".data", 12, {{"first", 8}, {"second", 0}}};
    const auto btf = laid_out(*b.build(), {&layout, 1});
    ASSERT_TRUE(btf) << btf.error().message;
    EXPECT_EQ((*btf)->type(data).size, 12U);
    const auto vars = (*btf)->section_vars((*btf)->type(data));
    ASSERT_EQ(vars.size(), 3U);
    EXPECT_EQ(vars[0].type, second);
    EXPECT_EQ(vars[1].type, local) << "compilers fill in offsets of static variables";
    EXPECT_EQ(vars[2].type, first);
    EXPECT_EQ(vars[2].offset, 8U);
    EXPECT_EQ((*btf)->type(after).name, "after");
}

TEST_F(WithDatasecs, variables_that_are_elsewhere_leave_the_section) {
    const auto data = b.datasec(".data", 0, {{first, 0, 4}, {second, 0, 4}});
    b.typedef_("after", i);
    const DatasecLayout layout{".data", 4, {{"second", 0}}};
    const auto btf = laid_out(*b.build(), {&layout, 1});
    ASSERT_TRUE(btf) << btf.error().message;
    ASSERT_EQ((*btf)->section_vars((*btf)->type(data)).size(), 1U);
    EXPECT_EQ((*btf)->section_vars((*btf)->type(data))[0].type, second);
    EXPECT_TRUE((*btf)->find("after", BtfKind::typedef_));
}

TEST_F(WithDatasecs, sections_without_a_layout_stay) {
    b.datasec(".ksyms", 0, {{first, 0, 4}});
    const auto before = b.build();
    const auto btf = laid_out(*before, {});
    ASSERT_TRUE(btf);
    EXPECT_TRUE(std::ranges::equal((*btf)->raw(), before->raw()));
}

TEST_F(WithDatasecs, variables_outside_are_refused) {
    b.datasec(".data", 0, {{first, 0, 4}});
    const DatasecLayout layout{".data", 4, {{"first", 2}}};
    const auto btf = laid_out(*b.build(), {&layout, 1});
    ASSERT_FALSE(btf);
    EXPECT_THAT(btf.error().message, HasSubstr("(DATASEC .data): entry 0 (first): ends beyond"));
}

TEST_F(WithDatasecs, a_section_of_another_size_is_refused) {
    b.datasec(".data", 8, {{first, 0, 4}});
    const DatasecLayout layout{".data", 4, {{"first", 0}}};
    const auto btf = laid_out(*b.build(), {&layout, 1});
    ASSERT_FALSE(btf);
    EXPECT_THAT(btf.error().message, HasSubstr("has 8 bytes, but the object's section 4"));
}

}  // namespace
}  // namespace bpftwin::test
