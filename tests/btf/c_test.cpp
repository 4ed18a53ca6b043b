// Declarations and headers in C.
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "btf/format.h"
#include "tests/btf/builder.h"

namespace bpftwin::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class BtfC : public testing::Test {
protected:
    using Id = BtfBuilder::Id;

    [[nodiscard]] std::string declare(Id id, std::string_view name) const {
        return declaration(*b.build(), id, name);
    }
    /// The header without what surrounds the types.
    [[nodiscard]] std::string header() const {
        const std::string text = to_c(*b.build());
        const std::size_t begin = text.find("#endif\n\n") + 8;
        return text.substr(begin, text.rfind("#ifndef BPF_NO_PRESERVE") - begin);
    }

    BtfBuilder b;
    Id i = b.int_("int", 4, BtfBuilder::is_signed);
    Id c = b.int_("char", 1, BtfBuilder::is_signed);
    Id event = b.struct_("event", 4, {{"pid", i, 0}});
};

TEST_F(BtfC, declarators_read_from_the_inside_out) {
    EXPECT_EQ(declare(b.ptr(event), "e"), "struct event *e");
    EXPECT_EQ(declare(b.array(c, i, 16), "comm"), "char comm[16]");
    EXPECT_EQ(declare(b.array(b.array(i, i, 3), i, 2), "m"), "int m[2][3]");
    EXPECT_EQ(declare(b.ptr(b.array(i, i, 3)), "p"), "int (*p)[3]");
    EXPECT_EQ(declare(b.array(b.ptr(i), i, 3), "p"), "int *p[3]");
    const Id proto = b.func_proto(b.ptr(c), {{"x", i}, {"e", b.ptr(event)}, {"", 0}});
    EXPECT_EQ(declare(b.ptr(proto), "f"), "char *(*f)(int x, struct event *e, ...)");
    EXPECT_EQ(declare(b.array(b.ptr(proto), i, 4), "f"),
              "char *(*f[4])(int x, struct event *e, ...)");
    EXPECT_EQ(declare(b.func("main", proto), "main"), "char *main(int x, struct event *e, ...)");
    EXPECT_EQ(declare(b.func_proto(0, {}), "f"), "void f(void)");
    EXPECT_EQ(declare(0, ""), "void");
}

TEST_F(BtfC, qualifiers_stand_where_they_belong) {
    EXPECT_EQ(declare(b.ptr(b.const_(c)), "s"), "const char *s");
    EXPECT_EQ(declare(b.const_(b.ptr(c)), "s"), "char *const s");
    EXPECT_EQ(declare(b.restrict_(b.ptr(b.const_(b.volatile_(c)))), "s"),
              "const volatile char *restrict s");
    EXPECT_EQ(declare(b.ptr(b.type_tag("user", event)), "e"),
              "struct event __attribute__((btf_type_tag(\"user\"))) *e");
    EXPECT_EQ(declare(b.ptr(b.type_tag("address_space(1)", i, true)), "p"),
              "int __attribute__((address_space(1))) *p");
    EXPECT_EQ(declare(b.ptr(b.type_tag("x))) int hack((", i, true)), "p"), "int *p");
}

TEST_F(BtfC, anonymous_types_are_declared_in_full) {
    const Id u = b.union_("", 4, {{"a", i, 0}, {"b", b.array(c, i, 4), 0}});
    EXPECT_EQ(declare(b.struct_("", 8, {{"x", i, bit_field(0, 3)}, {"", u, 32}}, true), "s"),
              "struct { int x: 3; union { int a; char b[4]; }; } s");
    EXPECT_EQ(declare(b.enum_("", 4, {{"A", 0}, {"B", -1}}, true), "e"),
              "enum { A = 0, B = -1, } e");
}

TEST_F(BtfC, declarations_that_never_end_are_cut) {
    const Id self = b.ptr(i + 4 /* the prototype below */);
    ASSERT_EQ(self, 4U);
    b.func_proto(self, {{"x", self}});
    EXPECT_THAT(declare(self, "f").size(), testing::Lt(1U << 20));
    const Id outer = b.struct_("", 16, {{"a", 7, 0}, {"b", 7, 64}});
    b.ptr(outer);
    EXPECT_THAT(declare(outer, "f").size(), testing::Lt(1U << 20));
}

TEST_F(BtfC, what_is_needed_comes_before) {
    const Id later = b.struct_("outer", 16, {{"in", i + 4, 0}, {"t", i + 5, 32}, {"p", i + 6, 64}});
    ASSERT_EQ(later, 4U);
    b.struct_("inner", 4, {{"x", i, 0}});
    b.typedef_("number", i);
    b.ptr(later);
    EXPECT_EQ(header(),
              "struct event {\n\tint pid;\n};\n\n"
              "struct inner {\n\tint x;\n};\n\n"
              "typedef int number;\n\n"
              "struct outer {\n\tstruct inner in;\n\tnumber t;\n\tstruct outer *p;\n};\n\n");
}

TEST_F(BtfC, types_in_prototypes_are_declared_before) {
    const Id other = b.fwd("other");
    const Id proto = b.func_proto(0, {{"o", b.ptr(other)}, {"s", b.ptr(i + 9)}});
    b.typedef_("callback", b.ptr(proto));
    b.struct_("self", 0, {});
    EXPECT_THAT(header(), HasSubstr("struct other;\n\nstruct self;\n\n"
                                    "typedef void (*callback)(struct other *o, struct self *s);"));
}

TEST_F(BtfC, names_that_repeat_get_a_suffix) {
    b.struct_("event", 8, {{"pid", i, 0}, {"tid", i, 32}});
    b.enum_("a", 4, {{"ONE", 1}});
    b.enum_("b", 4, {{"ONE", 1}});
    const std::string text = header();
    EXPECT_THAT(text, HasSubstr("struct event {\n\tint pid;\n};"));
    EXPECT_THAT(text, HasSubstr("struct event___2 {\n\tint pid;\n\tint tid;\n};"));
    EXPECT_THAT(text, HasSubstr("ONE___2 = 1,"));
}

TEST_F(BtfC, forward_declarations_take_the_name_of_their_definition) {
    b.struct_("holder", 16,
              {{"a", b.ptr(b.fwd("event")), 0}, {"b", b.ptr(b.fwd("event", true)), 64}});
    EXPECT_THAT(header(), HasSubstr("struct event *a;\n\tunion event___2 *b;"));
}

TEST_F(BtfC, packed_types_and_padding_are_said) {
    const Id l = b.int_("long", 8, BtfBuilder::is_signed);
    b.struct_("tight", 5, {{"c", c, 0}, {"i", i, 8}});
    b.struct_("wide", 64, {{"c", c, 0}, {"i", i, 64}, {"l", l, 128}});
    b.struct_("bits", 8,
              {{"a", i, bit_field(0, 3)}, {"b", i, bit_field(8, 3)}, {"c", c, bit_field(32, 0)}},
              true);
    b.struct_("far", 2048, {{"c", c, 0}, {"i", i, 8192}});
    b.union_("large", 32, {{"i", i, 0}});
    const std::string text = header();
    EXPECT_THAT(text, HasSubstr("struct tight {\n\tchar c;\n\tint i;\n} __attribute__((packed));"));
    EXPECT_THAT(text, HasSubstr("struct wide {\n\tchar c;\n\tchar: 8;\n\tshort: 16;\n\tint: 32;\n"
                                "\tint i;\n\tlong l;\n\tlong: 64;"));
    EXPECT_THAT(text, HasSubstr("struct bits {\n\tint a: 3;\n\tchar: 5;\n\tint b: 3;\n\tchar: 5;\n"
                                "\tshort: 16;\n\tchar c;\n"));
    EXPECT_THAT(text, HasSubstr("\tchar c;\n\tunsigned char __hole_1[1023];\n\tint i;\n"));
    EXPECT_THAT(text, HasSubstr("union large {\n\tint i;\n\tunsigned char __hole_3[32];\n};"));
}

TEST_F(BtfC, enums_have_their_values_and_size) {
    b.enum_("small", 1, {{"S", 255}});
    b.enum_("with_sign", 4, {{"M", -5}}, true);
    b.enum64("large", 8, {{"MIN", INT64_MIN}}, true);
    b.enum64("unsigned_one", 8, {{"MAX", -1}});
    b.enum_("empty", 4, {});
    b.enum_("announced", 0, {});
    b.enum_("", 4, {{"LOOSE", 3}});
    const std::string text = header();
    EXPECT_THAT(text, HasSubstr("enum small {\n\tS = 255,\n} __attribute__((mode(QI)));"));
    EXPECT_THAT(text, HasSubstr("M = -5,"));
    EXPECT_THAT(text, HasSubstr("MIN = -9223372036854775807LL - 1,\n};"));
    EXPECT_THAT(text, HasSubstr("MAX = 18446744073709551615ULL,\n};"));
    EXPECT_THAT(text, HasSubstr("enum empty {\n\t__no_enumerators,\n};"));
    EXPECT_THAT(text, HasSubstr("enum announced;"));
    EXPECT_THAT(text, HasSubstr("enum {\n\tLOOSE = 3,\n};"));
}

TEST_F(BtfC, ints_that_c_does_not_know_are_defined) {
    b.struct_("s", 8, {{"x", b.int_("ssizetype", 8, BtfBuilder::is_signed), 0}});
    b.typedef_("odd", b.int_("not a c name", 2));
    b.typedef_("narrow", b.int_("long", 4));
    const std::string text = header();
    EXPECT_THAT(text, HasSubstr("typedef long long ssizetype;\n\nstruct s {\n\tssizetype x;"));
    EXPECT_THAT(text, HasSubstr("typedef unsigned short odd;"));
    EXPECT_THAT(text, HasSubstr("typedef unsigned int narrow;"));
}

TEST_F(BtfC, types_of_the_compiler_are_written_as_what_they_are) {
    const Id own = b.typedef_("__builtin_va_list", b.array(event, i, 1));
    b.typedef_("va_list", own);
    const std::string text = header();
    EXPECT_THAT(text, HasSubstr("typedef struct event va_list[1];"));
    EXPECT_THAT(text, Not(HasSubstr("__builtin_va_list")));
}

TEST_F(BtfC, types_that_explode_are_cut) {
    Id level = i;
    for (int depth = 0; depth < 40; ++depth)
        level = b.union_("", 4, {{"a", level, 0}, {"b", level, 0}});
    b.typedef_("bomb", level);
    const std::string text = header();
    EXPECT_LT(text.size(), 64U << 20);
    EXPECT_THAT(text, HasSubstr("The types are too much"));
}

}  // namespace
}  // namespace bpftwin::test
