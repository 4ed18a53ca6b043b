// What changed between two sets of types.
#include "btf/diff.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/btf/builder.h"

namespace bpftwin::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class BtfDiff : public testing::Test {
protected:
    [[nodiscard]] std::vector<BtfTypeChange> changes() const {
        return btf_changes(*before.build(), *after.build());
    }
    /// The one type that changed.
    [[nodiscard]] BtfTypeChange change() const {
        const auto all = changes();
        EXPECT_EQ(all.size(), 1U);
        return all.empty() ? BtfTypeChange{} : all.front();
    }
    [[nodiscard]] std::vector<std::string> member_names() const {
        std::vector<std::string> names;
        for (const BtfMemberChange& member : change().members) names.push_back(member.name);
        return names;
    }

    BtfBuilder before, after;
    BtfBuilder::Id i = before.int_("int", 4, BtfBuilder::is_signed);
    // Ids differ on both sides.
    BtfBuilder::Id other = after.int_("long", 8, BtfBuilder::is_signed);
    BtfBuilder::Id j = after.int_("int", 4, BtfBuilder::is_signed);
};

TEST_F(BtfDiff, ids_do_not_matter) {
    before.struct_("s", 8, {{"p", before.ptr(i), 0}});
    after.typedef_("filler", j);
    after.struct_("s", 8, {{"p", after.ptr(j), 0}});
    EXPECT_EQ(change().name, "filler");
}

TEST_F(BtfDiff, types_are_added_and_removed) {
    before.struct_("gone", 4, {{"x", i, 0}});
    after.union_("added", 8, {{"x", other, 0}});
    const auto all = changes();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].name, "gone");
    EXPECT_FALSE(all[0].after);
    EXPECT_EQ(all[1].name, "added");
    EXPECT_FALSE(all[1].before);
    EXPECT_EQ(all[1].after->size, 8U);
}

TEST_F(BtfDiff, members_are_added_removed_moved_and_retyped) {
    before.struct_("s", 16, {{"a", i, 0}, {"b", i, 32}, {"c", i, 64}, {"d", i, 96}});
    after.struct_("s", 24,
                  {{"a", j, 0}, {"new", j, 32}, {"c", j, 64}, {"b", j, 96}, {"d", other, 128}});
    const BtfTypeChange s = change();
    EXPECT_EQ(s.before->size, 16U);
    EXPECT_EQ(s.after->size, 24U);
    EXPECT_THAT(member_names(), ElementsAre("new", "b", "d"));
    EXPECT_FALSE(s.members[0].before);
    EXPECT_TRUE(s.members[1].is_moved());
    EXPECT_FALSE(s.members[1].is_retyped);
    EXPECT_TRUE(s.members[2].is_retyped);
    EXPECT_TRUE(s.members[2].is_resized());
    EXPECT_EQ(s.members[2].after->type, "long");
    EXPECT_EQ(s.members[2].after->bit_offset, 128U);
}

TEST_F(BtfDiff, a_member_is_resized_where_its_type_grew) {
    before.struct_("outer", 8, {{"in", i + 2, 0}});
    before.struct_("in", 4, {{"x", i, 0}});
    after.struct_("outer", 8, {{"in", j + 2, 0}});
    after.struct_("in", 8, {{"x", j, 0}});
    const auto all = changes();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].name, "in");
    EXPECT_EQ(all[1].name, "outer");
    EXPECT_TRUE(all[1].members[0].is_resized());
    EXPECT_FALSE(all[1].members[0].is_retyped);
}

TEST_F(BtfDiff, members_of_anonymous_members_are_compared_one_by_one) {
    const auto inner = [](BtfBuilder& b, BtfBuilder::Id x, std::uint32_t at) {
        return b.struct_("", 8, {{"x", x, at}});
    };
    const auto a = inner(before, i, 0), c = inner(before, i, 32);
    before.struct_("s", 16, {{"", a, 0}, {"named", c, 64}});
    const auto d = inner(after, j, 32), e = inner(after, j, 0);
    after.struct_("s", 16, {{"", d, 0}, {"named", e, 64}});
    EXPECT_THAT(member_names(), ElementsAre("x", "named.x"));
    EXPECT_EQ(change().members[1].before->bit_offset, 96U);
}

TEST_F(BtfDiff, anonymous_members_may_be_const) {
    before.struct_("s", 4, {{"", before.const_(before.struct_("", 4, {{"x", i, 0}})), 0}});
    after.struct_("s", 4, {{"", after.struct_("", 4, {{"x", j, 0}}), 0}});
    EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(BtfDiff, bit_fields_have_their_own_width) {
    before.struct_("s", 4, {{"x", i, bit_field(0, 3)}}, true);
    after.struct_("s", 4, {{"x", j, bit_field(0, 5)}}, true);
    const BtfMemberChange x = change().members.at(0);
    EXPECT_TRUE(x.is_resized());
    EXPECT_EQ(x.after->bits, 5U);
}

TEST_F(BtfDiff, enumerators_are_compared_by_name) {
    before.enum_("e", 4, {{"A", 0}, {"B", 1}, {"C", 2}});
    after.enum64("e", 8, {{"A", 0}, {"C", 1}, {"D", -1}}, true);
    const BtfTypeChange e = change();
    EXPECT_EQ(e.before->size, 4U);
    EXPECT_EQ(e.after->size, 8U);
    ASSERT_EQ(e.enumerators.size(), 3U);
    EXPECT_EQ(e.enumerators[0].name, "B");
    EXPECT_EQ(e.enumerators[1].after, "1");
    EXPECT_EQ(e.enumerators[2].after, "-1");
}

TEST_F(BtfDiff, functions_are_their_prototypes) {
    before.func("same", before.func_proto(i, {{"a", i}}));
    after.func("same", after.func_proto(j, {{"renamed", j}}));
    before.func("f", before.func_proto(i, {{"a", i}}));
    after.func("f", after.func_proto(j, {{"a", j}, {"b", other}}));
    const BtfTypeChange f = change();
    EXPECT_TRUE(f.is_retyped);
    EXPECT_EQ(f.before->declaration, "int f(int a)");
    EXPECT_EQ(f.after->declaration, "int f(int a, long b)");
}

TEST_F(BtfDiff, typedefs_of_anonymous_types_have_their_members) {
    before.typedef_("t", before.struct_("", 4, {{"x", i, 0}}));
    after.typedef_("t", after.struct_("", 8, {{"x", j, 0}, {"y", j, 32}}));
    EXPECT_THAT(member_names(), ElementsAre("y"));
}

TEST_F(BtfDiff, of_several_types_of_a_name_equal_ones_are_left_out) {
    before.struct_("s", 4, {{"a", i, 0}});
    before.struct_("s", 4, {{"b", i, 0}});
    after.struct_("s", 4, {{"b", j, 0}});
    after.struct_("s", 8, {{"a", j, 0}});
    EXPECT_EQ(change().after->size, 8U);
    EXPECT_THAT(change().members, IsEmpty());
}

TEST_F(BtfDiff, cycles_of_anonymous_types_end) {
    const auto ring = [](BtfBuilder& b, BtfBuilder::Id first, BtfBuilder::Id x) {
        b.struct_("", 16, {{"next", first + 1, 0}, {"x", x, 64}});
        b.ptr(first);
        b.struct_("s", 8, {{"ring", first + 1, 0}});
    };
    ring(before, 2, i);
    ring(after, 3, j);
    EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(BtfDiff, types_that_explode_take_bounded_time) {
    const auto explode = [](BtfBuilder& b, BtfBuilder::Id x, std::uint32_t size) {
        auto last = b.struct_("", 0, {});
        for (unsigned depth = 0; depth < 50; ++depth)
            last = b.struct_("", 0, {{"a", last, 0}, {"b", last, 0}});
        b.struct_("s", size, {{"in", last, 0}, {"x", x, 0}});
    };
    explode(before, i, 4);
    explode(after, j, 8);
    EXPECT_EQ(change().after->size, 8U);
}

}  // namespace
}  // namespace bpftwin::test
