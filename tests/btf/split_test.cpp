// Types of modules, which continue those of a kernel.
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "btf/format.h"
#include "tests/btf/builder.h"

namespace bpftwin::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class BtfSplit : public testing::Test {
protected:
    static std::shared_ptr<const Btf> kernel() {
        BtfBuilder b;
        const auto i = b.int_("int", 4, BtfBuilder::is_signed);
        b.struct_("list", 16, {{"next", i + 2, 0}, {"value", i, 64}});
        b.ptr(2);
        b.struct_("other", 4, {{"x", i, 0}});
        b.enum_("state", 4, {{"ON", 1}});
        return b.build();
    }
    static constexpr BtfBuilder::Id i = 1, list = 2, list_ptr = 3;

    [[nodiscard]] std::string error() const {
        const auto btf = b.parse();
        return btf ? "accepted" : btf.error().message;
    }

    std::shared_ptr<const Btf> base = kernel();
    BtfBuilder b{base};
};

TEST_F(BtfSplit, ids_and_strings_continue_those_of_the_base) {
    const auto id = b.struct_("session", 24, {{"list", list, 0}, {"id", i, 128}});
    EXPECT_EQ(id, base->type_count());
    const auto btf = b.build();
    EXPECT_EQ(btf->base(), base.get());
    EXPECT_EQ(btf->first_id(), id);
    EXPECT_EQ(btf->type_count(), id + 1);
    EXPECT_EQ(btf->type(id).name, "session");
    EXPECT_EQ(btf->type(list).name, "list");
    EXPECT_EQ(btf->members(btf->type(list))[1].name, "value");
    EXPECT_EQ(btf->members(btf->type(id))[0].name, "list");
    EXPECT_EQ(btf->size_of(id), 24U);
    EXPECT_EQ(btf->kind(id + 1), BtfKind::void_);
}

TEST_F(BtfSplit, names_may_be_strings_of_the_base) {
    const std::uint32_t offset_of_int = 1;
    const auto info = static_cast<std::uint32_t>(BtfKind::typedef_) << 24;
    const auto id = b.words({offset_of_int, info, list_ptr});
    EXPECT_EQ(b.build()->type(id).name, "int");
}

TEST_F(BtfSplit, types_are_found_in_the_base_first) {
    const auto own = b.struct_("session", 4, {{"x", i, 0}});
    b.struct_("list", 4, {{"x", i, 0}});
    const auto btf = b.build();
    EXPECT_EQ(btf->find("list", BtfKind::struct_), list);
    EXPECT_EQ(btf->find("session", BtfKind::struct_), own);
    EXPECT_FALSE(base->find("session", BtfKind::struct_));
}

TEST_F(BtfSplit, is_checked_like_any_other) {
    b.struct_("session", 8, {{"list", list, 0}});
    EXPECT_EQ(error(),
              "BTF type 6 (STRUCT session): member 0 (list): it ends beyond the type's size");
}

TEST_F(BtfSplit, ids_end_with_its_own_types) {
    b.ptr(7);
    EXPECT_THAT(error(), HasSubstr("refers to type 7, but ids end at 6"));
}

TEST_F(BtfSplit, strings_end_with_its_own) {
    b.words({100000, static_cast<std::uint32_t>(BtfKind::typedef_) << 24, i});
    EXPECT_THAT(error(), HasSubstr("name offset 100000 is beyond"));
}

TEST_F(BtfSplit, circles_across_its_types_are_refused) {
    b.typedef_("a", 7);
    b.typedef_("b", 6);
    EXPECT_THAT(error(), HasSubstr("contains or points to itself"));
}

TEST_F(BtfSplit, chains_through_the_base_are_as_deep_as_any) {
    auto last = b.ptr(list_ptr);
    for (unsigned depth = 0; depth < 70; ++depth) last = b.ptr(last);
    EXPECT_THAT(error(), HasSubstr("nested more than 64 types deep"));
}

TEST_F(BtfSplit, only_its_own_types_are_listed) {
    b.typedef_("list_t", list);
    EXPECT_EQ(to_raw(*b.build()), "[6] TYPEDEF 'list_t' type_id=2\n");
}

TEST_F(BtfSplit, headers_have_its_own_types_and_what_they_need) {
    b.struct_("session", 24, {{"list", list, 0}, {"id", i, 128}});
    const std::string text = to_c(*b.build());
    EXPECT_THAT(text, HasSubstr("struct list {\n\tstruct list *next;\n\tint value;"));
    EXPECT_THAT(text, HasSubstr("struct session {\n\tstruct list list;\n\tint id;"));
    EXPECT_LT(text.find("struct list {"), text.find("struct session {"));
    EXPECT_THAT(text, Not(HasSubstr("other")));
    EXPECT_THAT(text, Not(HasSubstr("ON")));
}

}  // namespace
}  // namespace bpftwin::test
