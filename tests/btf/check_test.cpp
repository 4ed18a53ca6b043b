// How types refer to each other: chains, kinds, layouts.
#include "btf/check.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/btf/builder.h"

namespace bpftwin::test {
namespace {

using testing::HasSubstr;

class BtfCheck : public testing::Test {
protected:
    [[nodiscard]] std::string error() const {
        const auto btf = b.parse();
        return btf ? "accepted" : btf.error().message;
    }

    BtfBuilder b;
    BtfBuilder::Id i = b.int_("int", 4, BtfBuilder::is_signed);
};

TEST_F(BtfCheck, a_typedef_of_itself_is_refused) {
    b.typedef_("t", 2);
    EXPECT_EQ(error(), "BTF type 2 (TYPEDEF t): contains or points to itself");
}

TEST_F(BtfCheck, modifiers_in_a_circle_are_refused) {
    b.const_(3);
    b.volatile_(2);
    EXPECT_THAT(error(), HasSubstr("contains or points to itself"));
}

TEST_F(BtfCheck, a_struct_inside_itself_is_refused) {
    b.struct_("s", 8, {{"a", 3, 0}});
    b.array(4, i, 2);
    b.typedef_("t", 2);
    EXPECT_THAT(error(), HasSubstr("contains or points to itself"));
}

TEST_F(BtfCheck, pointers_and_modifiers_in_a_circle_are_refused) {
    b.ptr(3);
    b.const_(2);
    EXPECT_THAT(error(), HasSubstr("contains or points to itself"));
}

TEST_F(BtfCheck, variables_and_modifiers_in_a_circle_are_refused) {
    b.var("v", 3);
    b.const_(4);
    b.volatile_(2);
    EXPECT_THAT(error(), HasSubstr("which is not a type"));
}

TEST_F(BtfCheck, a_list_is_no_circle) {
    b.struct_("list", 8, {{"next", 3, 0}});
    b.ptr(4);
    b.const_(2);
    EXPECT_EQ(error(), "accepted");
}

TEST_F(BtfCheck, chains_end_after_64_types) {
    BtfBuilder::Id last = i;
    for (unsigned depth = 0; depth < max_type_depth; ++depth) last = b.const_(last);
    EXPECT_EQ(error(), "accepted");
    b.const_(last);
    EXPECT_THAT(error(), HasSubstr("is nested more than 64 types deep"));
}

TEST_F(BtfCheck, chains_end_after_64_types_in_whatever_order) {
    for (unsigned id = 2; id < 80; ++id) b.const_(id + 1);
    b.const_(i);
    EXPECT_THAT(error(), HasSubstr("is nested more than 64 types deep"));
}

TEST_F(BtfCheck, a_pointer_to_a_declaration_is_refused) {
    b.ptr(b.var("v", i));
    EXPECT_EQ(error(),
              "BTF type 3 (PTR): its target is type 2 (VAR v), which is not a type of values");
}

TEST_F(BtfCheck, pointers_to_void_functions_and_forward_declarations_are_fine) {
    b.ptr(0);
    b.ptr(b.fwd("f"));
    b.ptr(b.func_proto(0, {}));
    EXPECT_EQ(error(), "accepted");
}

TEST_F(BtfCheck, type_tags_come_before_modifiers) {
    b.ptr(b.type_tag("user", b.const_(i)));
    EXPECT_EQ(error(), "accepted");
    b.const_(b.type_tag("user", i));
    EXPECT_THAT(error(), HasSubstr("type tags must come before modifiers"));
}

TEST_F(BtfCheck, arrays_have_whole_ints) {
    const auto odd = b.record(BtfKind::int_, "odd", 0, 4, {3});
    b.array(odd, i, 2);
    EXPECT_THAT(error(), HasSubstr("its element is type 2 (INT odd)"));
}

TEST_F(BtfCheck, array_elements_have_a_size) {
    b.array(b.fwd("f"), i, 1);
    EXPECT_THAT(error(),
                HasSubstr("its element is type 2 (FWD f), which is not a type with a size"));
}

TEST_F(BtfCheck, array_elements_are_not_void) {
    b.array(0, i, 1);
    EXPECT_THAT(error(), HasSubstr("its element is type 0 (VOID)"));
}

TEST_F(BtfCheck, array_indices_are_ints) {
    b.array(i, b.ptr(0), 1);
    EXPECT_THAT(error(), HasSubstr("its index is type 2 (PTR), which is not an int"));
}

TEST_F(BtfCheck, arrays_are_smaller_than_4_gib) {
    b.array(b.array(i, i, 0x10000), i, 0x4000);
    EXPECT_EQ(error(), "BTF type 3 (ARRAY): is larger than 4 GiB");
}

TEST_F(BtfCheck, arrays_of_arrays_do_not_overflow) {
    auto of = i;
    for (int depth = 0; depth < 4; ++depth) of = b.array(of, i, 0x80000000);
    EXPECT_THAT(error(), HasSubstr("is larger than 4 GiB"));
}

TEST_F(BtfCheck, members_have_a_size) {
    b.struct_("s", 8, {{"a", i, 0}, {"f", 3, 32}});
    b.func_proto(0, {});
    EXPECT_EQ(error(), "BTF type 2 (STRUCT s): member 1 (f): type 3 (FUNC_PROTO) has no size");
}

TEST_F(BtfCheck, members_are_inside_the_struct) {
    b.struct_("s", 7, {{"a", i, 0}, {"b", i, 32}});
    EXPECT_EQ(error(), "BTF type 2 (STRUCT s): member 1 (b): it ends beyond the type's size");
}

TEST_F(BtfCheck, members_stand_in_order) {
    b.struct_("s", 8, {{"a", i, 32}, {"b", i, 0}});
    EXPECT_THAT(error(), HasSubstr("member 1 (b): its offset is below the one before"));
}

TEST_F(BtfCheck, members_of_unions_begin_at_0) {
    b.union_("u", 8, {{"", i, 32}});
    EXPECT_THAT(error(), HasSubstr("member 0: its offset is below the one before, or not 0"));
}

TEST_F(BtfCheck, members_begin_at_a_byte) {
    b.struct_("s", 16, {{"p", b.ptr(0), 4}});
    EXPECT_THAT(error(), HasSubstr("does not begin at a byte"));
}

TEST_F(BtfCheck, bit_fields_are_ints_or_enums) {
    b.struct_("s", 8, {{"p", b.ptr(0), bit_field(0, 8)}}, true);
    EXPECT_THAT(error(), HasSubstr("only an int or enum can be a bit field"));
}

TEST_F(BtfCheck, bit_fields_are_not_wider_than_their_type) {
    b.struct_("s", 8, {{"p", i, bit_field(0, 33)}}, true);
    EXPECT_THAT(error(), HasSubstr("wider than its type"));
}

TEST_F(BtfCheck, bit_fields_are_inside_the_struct) {
    b.struct_("s", 4, {{"p", i, bit_field(8, 25)}}, true);
    EXPECT_THAT(error(), HasSubstr("ends beyond the type's size"));
}

TEST_F(BtfCheck, functions_have_a_prototype) {
    b.func("f", i);
    EXPECT_THAT(error(), HasSubstr("its type is type 1 (INT int), which is not a FUNC_PROTO"));
}

TEST_F(BtfCheck, functions_return_values) {
    b.func_proto(b.fwd("f"), {});
    EXPECT_THAT(error(), HasSubstr("its return type is type 2 (FWD f)"));
}

TEST_F(BtfCheck, parameters_have_a_size) {
    b.func_proto(0, {{"x", b.fwd("f")}});
    EXPECT_THAT(error(), HasSubstr("parameter 0 (x) is type 2 (FWD f)"));
}

TEST_F(BtfCheck, only_the_last_parameter_is_variadic) {
    b.func_proto(0, {{"x", i}, {"", 0}});
    EXPECT_EQ(error(), "accepted");
    b.func_proto(0, {{"", 0}, {"x", i}});
    EXPECT_THAT(error(), HasSubstr("parameter 0 is type 0 (VOID)"));
}

TEST_F(BtfCheck, the_variadic_parameter_has_no_name) {
    b.func_proto(0, {{"rest", 0}});
    EXPECT_THAT(error(), HasSubstr("parameter 0 (rest) is type 0 (VOID)"));
}

TEST_F(BtfCheck, variables_have_a_size) {
    b.var("v", 0);
    EXPECT_THAT(error(), HasSubstr("its type is type 0 (VOID), which is not a type with a size"));
}

TEST_F(BtfCheck, extern_variables_may_be_void) {
    b.datasec(".ksyms", 0, {{b.var("v", b.const_(0), BtfLinkage::extern_), 0, 1}});
    EXPECT_EQ(error(), "accepted");
}

TEST_F(BtfCheck, extern_functions_may_be_in_a_section) {
    b.datasec(".ksyms", 0, {{b.func("f", b.func_proto(i, {{"", i}}), BtfLinkage::extern_), 0, 0}});
    EXPECT_EQ(error(), "accepted");
}

TEST_F(BtfCheck, sections_hold_variables) {
    b.datasec(".data", 4, {{i, 0, 4}});
    EXPECT_THAT(error(), HasSubstr("entry 0 is type 1 (INT int), which is not a VAR or FUNC"));
}

TEST_F(BtfCheck, variables_do_not_overlap) {
    b.datasec(".data", 8, {{b.var("v", i), 0, 4}, {b.var("w", i), 2, 4}});
    EXPECT_THAT(error(), HasSubstr("entry 1 (w): begins before the one before it ends"));
}

TEST_F(BtfCheck, variables_are_inside_their_section) {
    b.datasec(".data", 8, {{b.var("v", i), 6, 4}});
    EXPECT_THAT(error(), HasSubstr("entry 0 (v): ends beyond the section"));
}

TEST_F(BtfCheck, variables_have_room_for_their_type) {
    b.datasec(".data", 8, {{b.var("v", i), 0, 2}});
    EXPECT_THAT(error(), HasSubstr("entry 0 (v): is smaller than its type"));
}

TEST_F(BtfCheck, sections_of_size_0_are_not_laid_out_yet) {
    b.datasec(".data", 0, {{b.var("v", i), 0, 4}, {b.var("w", i), 0, 4}});
    EXPECT_EQ(error(), "accepted");
}

TEST_F(BtfCheck, tags_are_on_declarations) {
    b.decl_tag("t", i);
    EXPECT_THAT(error(), HasSubstr("its target is type 1 (INT int), which is not a declaration"));
}

TEST_F(BtfCheck, tagged_components_exist) {
    const auto f = b.func("f", b.func_proto(i, {{"a", i}}));
    b.decl_tag("t", f, 0);
    b.decl_tag("t", b.struct_("s", 4, {{"a", i, 0}}), 0);
    b.decl_tag("t", b.typedef_("d", i));
    EXPECT_EQ(error(), "accepted");
    b.decl_tag("t", f, 1);
    EXPECT_THAT(error(), HasSubstr("type 3 (FUNC f) has no component 1"));
}

TEST_F(BtfCheck, variables_have_no_components) {
    b.decl_tag("t", b.var("v", i), 0);
    EXPECT_THAT(error(), HasSubstr("type 2 (VAR v) has no component 0"));
}

}  // namespace
}  // namespace bpftwin::test
