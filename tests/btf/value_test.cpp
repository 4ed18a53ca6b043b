// Values to text and back.
#include <cmath>

#include "btf/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/btf/builder.h"

namespace bpftwin::test {
namespace {

using testing::HasSubstr;

template <class T>
Bytes bytes_of(const T& value) {
    const auto bytes = std::as_bytes(std::span(&value, 1));
    return {bytes.begin(), bytes.end()};
}

class BtfValue : public testing::Test {
protected:
    using Id = BtfBuilder::Id;

    void build() { btf = b.build(); }
    [[nodiscard]] std::string format(Id id, const Bytes& bytes) const {
        return format_value(*btf, id, bytes);
    }
    /// The value that `text` is, as it is formatted again.
    [[nodiscard]] std::string parse(Id id, std::string_view text) const {
        const auto bytes = parse_value(*btf, id, text);
        if (!bytes) return bytes.error().message;
        EXPECT_EQ(bytes->size(), *btf->size_of(id));
        return format_value(*btf, id, *bytes);
    }

    BtfBuilder b;
    Id i32 = b.int_("int", 4, BtfBuilder::is_signed);
    Id u32 = b.int_("unsigned int", 4);
    Id u8 = b.int_("unsigned char", 1);
    Id c = b.int_("char", 1, BtfBuilder::is_signed);
    Id boolean = b.int_("_Bool", 1, BtfBuilder::is_bool);
    Id comm = b.array(c, u32, 8);
    Id event = b.struct_("event", 12, {{"pid", i32, 0}, {"comm", comm, 32}});
    std::shared_ptr<const Btf> btf;
};

struct Event {
    std::int32_t pid;
    char comm[8];
};

TEST_F(BtfValue, a_struct_is_an_initialiser) {
    build();
    EXPECT_EQ(format(event, bytes_of(Event{42, "bash"})), "{.pid = 42, .comm = \"bash\"}");
    EXPECT_EQ(parse(event, "{.pid = 42, .comm = \"bash\"}"), "{.pid = 42, .comm = \"bash\"}");
}

TEST_F(BtfValue, modifiers_and_variables_do_not_show) {
    const Id id = b.var("v", b.const_(b.typedef_("event_t", event)));
    build();
    EXPECT_EQ(format(id, bytes_of(Event{-1, ""})), "{.pid = -1, .comm = \"\"}");
    EXPECT_EQ(parse(id, "{-1}"), "{.pid = -1, .comm = \"\"}");
}

TEST_F(BtfValue, missing_bytes_are_said) {
    build();
    Bytes whole = bytes_of(Event{42, "bash"});
    whole.resize(4);
    EXPECT_EQ(format(event, whole), "{.pid = 42, <8 bytes missing>}");
    whole.resize(2);
    EXPECT_EQ(format(event, whole), "{.pid = <10 bytes missing>}");
    whole = bytes_of(Event{42, "bash"});
    whole.resize(7);
    EXPECT_EQ(format(event, whole), "{.pid = 42, .comm = \"bas\"<5 bytes missing>}");
    EXPECT_EQ(format(event, {}), "<12 bytes missing>");
}

TEST_F(BtfValue, bytes_beyond_the_type_are_said) {
    build();
    EXPECT_EQ(format(u8, Bytes(4)), "0 <3 bytes more>");
}

TEST_F(BtfValue, integers_have_their_sign) {
    const Id i64 = b.int_("long", 8, BtfBuilder::is_signed);
    const Id u64 = b.int_("unsigned long", 8);
    build();
    EXPECT_EQ(format(i64, bytes_of(INT64_MIN)), "-9223372036854775808");
    EXPECT_EQ(format(u64, bytes_of(UINT64_MAX)), "18446744073709551615");
    EXPECT_EQ(parse(i64, "-9223372036854775808"), "-9223372036854775808");
    EXPECT_EQ(parse(u64, "18446744073709551615"), "18446744073709551615");
    EXPECT_EQ(parse(u32, "0xffffffff"), "4294967295");
    EXPECT_EQ(parse(i32, "0xffffffff"), "-1") << "a bit pattern";
    EXPECT_EQ(parse(i32, " \t7\n"), "7");
}

TEST_F(BtfValue, integers_of_128_bits_are_whole) {
    const Id i128 = b.int_("__int128", 16, BtfBuilder::is_signed);
    const Id u128 = b.int_("__int128 unsigned", 16);
    build();
    EXPECT_EQ(parse(u128, "0x123456789abcdef00fedcba987654321"),
              "0x123456789abcdef00fedcba987654321");
    EXPECT_EQ(parse(i128, "-5"), "-5");
    EXPECT_THAT(parse(u128, "0x1ffffffffffffffffffffffffffffffff"), HasSubstr("is not a number"));
}

TEST_F(BtfValue, numbers_that_do_not_fit_are_refused) {
    build();
    EXPECT_EQ(parse(u8, "256"), "'256' does not fit unsigned char (8 bits)");
    EXPECT_EQ(parse(u8, "-1"), "'-1' does not fit unsigned char (8 bits)");
    EXPECT_EQ(parse(i32, "2147483648"), "'2147483648' does not fit int (32 bits, signed)");
    EXPECT_EQ(parse(i32, "-2147483648"), "-2147483648");
    EXPECT_THAT(parse(i32, "-2147483649"), HasSubstr("does not fit"));
}

TEST_F(BtfValue, what_is_no_number_is_quoted) {
    build();
    EXPECT_EQ(parse(i32, "12x"), "'12x' is not a number");
    EXPECT_EQ(parse(i32, ""), "expected a value, found the end");
    EXPECT_EQ(parse(i32, "-"), "'-' is not a number");
    EXPECT_EQ(parse(i32, "0x"), "'0x' is not a number");
    EXPECT_EQ(parse(i32, "1 2"), "expected the end of the value, found '2'");
}

TEST_F(BtfValue, booleans_have_names) {
    build();
    EXPECT_EQ(parse(boolean, "true"), "true");
    EXPECT_EQ(parse(boolean, "0"), "false");
    EXPECT_EQ(format(boolean, Bytes{std::byte{7}}), "7");
}

TEST_F(BtfValue, characters_are_quoted_if_they_can_be_read) {
    build();
    EXPECT_EQ(parse(c, "'a'"), "'a'");
    EXPECT_EQ(parse(c, "' '"), "' '");
    EXPECT_EQ(parse(c, "'\\''"), "'\\''");
    EXPECT_EQ(parse(c, "'\\n'"), "10");
    EXPECT_EQ(parse(c, "-1"), "-1");
    EXPECT_EQ(parse(i32, "'A'"), "65");
    EXPECT_EQ(parse(c, "'ab'"), "expected the closing quote, found 'b''");
    EXPECT_THAT(parse(c, "'"), HasSubstr("found the end"));
}

TEST_F(BtfValue, enumerators_have_names) {
    const Id small = b.enum_("e", 1, {{"A", 1}, {"B", 200}});
    const Id with_sign = b.enum_("s", 4, {{"MINUS", -1}, {"PLUS", 1}}, true);
    const Id large = b.enum64("l", 8, {{"HUGE_ONE", INT64_MIN}});
    build();
    EXPECT_EQ(parse(small, "B"), "B");
    EXPECT_EQ(parse(small, "7"), "7");
    EXPECT_EQ(parse(with_sign, "MINUS"), "MINUS");
    EXPECT_EQ(parse(with_sign, "-2"), "-2");
    EXPECT_EQ(parse(large, "HUGE_ONE"), "HUGE_ONE");
    EXPECT_EQ(parse(small, "C"), "'C' is not one of the enum's names, or a number");
}

TEST_F(BtfValue, pointers_are_hex) {
    const Id p = b.ptr(0);
    build();
    EXPECT_EQ(format(p, bytes_of(std::uint64_t{0xffff888000001000})), "0xffff888000001000");
    EXPECT_EQ(parse(p, "0x10"), "0x10");
}

TEST_F(BtfValue, floats_are_the_shortest_that_are_equal) {
    const Id f = b.float_("float", 4), d = b.float_("double", 8), l = b.float_("long double", 16);
    build();
    EXPECT_EQ(parse(f, "0.1"), "0.1");
    EXPECT_EQ(parse(d, "-1e300"), "-1e+300");
    EXPECT_EQ(parse(d, "inf"), "inf");
    EXPECT_EQ(parse(d, "1.5x"), "'1.5x' is not a floating-point number");
    EXPECT_EQ(format(l, Bytes(16)), "hex:00000000000000000000000000000000");
    EXPECT_EQ(parse(l, "hex:000102030405060708090a0b0c0d0e0f"),
              "hex:000102030405060708090a0b0c0d0e0f");
    EXPECT_THAT(parse(l, "1"), HasSubstr("can only be given as 'hex:'"));
}

TEST_F(BtfValue, bit_fields_are_read_and_written_alone) {
    const Id s = b.struct_("s", 8,
                           {{"a", i32, bit_field(0, 3)},
                            {"b", u32, bit_field(3, 7)},
                            {"c", u32, bit_field(10, 22)},
                            {"d", u32, bit_field(32, 32)}},
                           true);
    build();
    EXPECT_EQ(format(s, bytes_of(std::uint64_t{0xffffffffffffffff})),
              "{.a = -1, .b = 127, .c = 4194303, .d = 4294967295}");
    EXPECT_EQ(parse(s, "{.c = 5, .a = -4, .b = 127}"), "{.a = -4, .b = 127, .c = 5, .d = 0}");
    EXPECT_EQ(parse(s, "{.b = 128}"), ".b: '128' does not fit unsigned int (7 bits)");
}

TEST_F(BtfValue, bit_fields_may_cross_bytes_of_128_bits) {
    const Id u128 = b.int_("__int128 unsigned", 16);
    const Id s =
        b.struct_("s", 17, {{"x", u32, bit_field(0, 3)}, {"y", u128, bit_field(3, 128)}}, true);
    build();
    EXPECT_EQ(parse(s, "{.x = 7, .y = 0x80000000000000000000000000000001}"),
              "{.x = 7, .y = 0x80000000000000000000000000000001}");
}

TEST_F(BtfValue, old_bit_fields_are_in_the_int) {
    const Id three = b.record(BtfKind::int_, "unsigned int", 0, 4, {3 | 2 << 16});
    const Id s = b.struct_("s", 4, {{"x", three, 8}});
    build();
    EXPECT_EQ(format(s, bytes_of(std::uint32_t{5 << 10})), "{.x = 5}");
    EXPECT_EQ(*parse_value(*btf, s, "{5}"), bytes_of(std::uint32_t{5 << 10}));
}

TEST_F(BtfValue, anonymous_members_are_part_of_their_parent) {
    const Id inner = b.struct_("", 4, {{"x", u8, 0}, {"y", u8, 8}});
    const Id either = b.union_("", 4, {{"word", u32, 0}, {"", inner, 0}});
    const Id s = b.struct_("s", 8, {{"head", u32, 0}, {"", either, 32}});
    build();
    EXPECT_EQ(parse(s, "{.head = 1, .x = 2, .y = 3}"), "{.head = 1, .word = 770, .x = 2, .y = 3}");
    EXPECT_EQ(parse(s, "{1, {.word = 5}}"), "{.head = 1, .word = 5, .x = 5, .y = 0}");
    EXPECT_EQ(parse(s, "{.z = 1}"), "struct s has no field 'z'");
}

TEST_F(BtfValue, positions_follow_designators) {
    const Id s = b.struct_("s", 12, {{"a", i32, 0}, {"b", i32, 32}, {"c", i32, 64}});
    build();
    EXPECT_EQ(parse(s, "{.b = 2, 3,}"), "{.a = 0, .b = 2, .c = 3}");
    EXPECT_EQ(parse(s, "{}"), "{.a = 0, .b = 0, .c = 0}");
    EXPECT_EQ(parse(s, "{1, 2, 3, 4}"), "struct s has only 3 fields");
    EXPECT_EQ(parse(s, "{1 2}"), "expected ',' or '}', found '2}'");
    EXPECT_EQ(parse(s, "{1"), "expected ',' or '}', found the end");
    EXPECT_EQ(parse(s, "{.a 1}"), "expected '=' after '.a', found '1}'");
    EXPECT_EQ(parse(s, "5"), "expected '{' for struct s, found '5'");
}

TEST_F(BtfValue, errors_say_where) {
    const Id outer = b.struct_("outer", 24, {{"e", b.array(event, u32, 2), 0}});
    build();
    EXPECT_EQ(parse(outer, "{.e = {{}, {.pid = x}}}"), ".e: [1]: .pid: 'x' is not a number");
}

TEST_F(BtfValue, equal_elements_are_a_range) {
    const Id a = b.array(i32, u32, 10);
    build();
    EXPECT_EQ(format(a, Bytes(40)), "{[0 ... 9] = 0}");
    EXPECT_EQ(parse(a, "{1, 2, [5 ... 8] = 7, 9}"), "{1, 2, 0, 0, 0, [5 ... 8] = 7, 9}");
    EXPECT_EQ(parse(a, "{[9] = 1}"), "{[0 ... 8] = 0, 1}");
    EXPECT_EQ(parse(a, "{[3 ... 2] = 1}"), "'3 ... 2] = 1}' is not an index or range");
    EXPECT_EQ(parse(a, "{[10] = 1}"), "element 10 is beyond int [10]");
    EXPECT_EQ(parse(a, "{[0 ... 99999999999] = 1}"),
              "'0 ... 99999999999] = 1}' is not an index or range");
}

TEST_F(BtfValue, long_arrays_are_cut) {
    const Id a = b.array(u32, u32, 1000);
    build();
    std::array<std::uint32_t, 1000> numbers{};
    for (std::uint32_t n = 0; n < numbers.size(); ++n) numbers[n] = n;
    EXPECT_THAT(format(a, bytes_of(numbers)), HasSubstr(", 255, <744 more elements>}"));
}

TEST_F(BtfValue, text_is_escaped) {
    build();
    const auto value = parse_value(*btf, comm, R"("a\"\\\n\t\x01\3777")");
    ASSERT_TRUE(value) << value.error().message;
    EXPECT_EQ(format(comm, *value), R"("a\"\\\n\t\001\3777")");
    EXPECT_EQ(parse(comm, R"("a\0b")"), R"("a\000b")");
    EXPECT_EQ(parse(comm, "\"12345678\""), "\"12345678\"") << "no room for a zero byte is needed";
    EXPECT_EQ(parse(comm, "\"123456789\""), "the text is longer than char [8]");
    EXPECT_EQ(parse(comm, "\"1"), "expected a closing \", found the end");
    EXPECT_EQ(parse(comm, "\"\\q\""), "'\\q' is not an escape");
    EXPECT_EQ(parse(comm, "\"\\777\""), "character code 511 is beyond 255");
    EXPECT_EQ(parse(comm, "{'a', 98}"), "\"ab\"");
}

TEST_F(BtfValue, bytes_can_be_given_in_hex) {
    build();
    EXPECT_EQ(parse(event, "hex:2a00000062617368000000ff"),
              "{.pid = 42, .comm = \"bash\\000\\000\\000\\377\"}");
    EXPECT_EQ(parse(event, "{.pid = hex:01000000}"), "{.pid = 1, .comm = \"\"}");
    EXPECT_EQ(parse(u8, "hex:1"), "'hex:' needs 2 digits for unsigned char, found 1");
    EXPECT_EQ(parse(u8, "hex:zz"), "'zz' is not a byte in hex");
}

TEST_F(BtfValue, sections_are_like_structs) {
    const Id d = b.datasec(".data", 16, {{b.var("n", i32), 0, 4}, {b.var("e", event), 4, 12}});
    build();
    EXPECT_EQ(parse(d, "{.e = {.pid = 3}, .n = 2}"), "{.n = 2, .e = {.pid = 3, .comm = \"\"}}");
    EXPECT_THAT(parse(d, "{.x = 1}"), HasSubstr("has no field 'x'"));
}

TEST_F(BtfValue, sections_that_are_not_laid_out_are_refused) {
    const Id d = b.datasec(".data", 0, {{b.var("n", i32), 0, 4}});
    build();
    EXPECT_EQ(parse(d, "{.n = 1}"), "section .data has not been laid out");
    EXPECT_EQ(format(d, {}), "{<4 bytes missing>}");
}

TEST_F(BtfValue, void_is_bytes) {
    const Id proto = b.func_proto(0, {});
    build();
    EXPECT_EQ(format(0, Bytes{std::byte{1}, std::byte{0xab}}), "hex:01ab");
    EXPECT_EQ(parse_value(*btf, 0, "1").error().message, "void has no values");
    EXPECT_EQ(parse_value(*btf, proto, "1").error().message, "void (void) has no values");
}

TEST_F(BtfValue, huge_values_are_refused_before_memory_is_asked_for) {
    const Id a = b.array(u8, u32, 0xffffffff);
    build();
    EXPECT_EQ(parse_value(*btf, a, "{}").error().message,
              "unsigned char [4294967295] is too large to be written as text");
    EXPECT_EQ(format(a, Bytes(2)), "{0, 0, <4294967293 bytes missing>}");
}

TEST_F(BtfValue, huge_arrays_of_nothing_take_no_time) {
    const Id empty = b.struct_("empty", 0, {});
    const Id a = b.array(b.array(empty, u32, 0xffffffff), u32, 0xffffffff);
    build();
    EXPECT_EQ(format(a, {}), "{[0 ... 4294967294] = {[0 ... 4294967294] = {}}}");
    EXPECT_EQ(parse(a, "{[0 ... 4294967294] = {}}"), format(a, {}));
}

TEST_F(BtfValue, types_that_explode_are_cut) {
    Id level = u8;
    for (int depth = 0; depth < 30; ++depth)
        level = b.union_("", 1, {{"a", level, 0}, {"b", level, 0}});
    build();
    const std::string text = format(level, Bytes(1));
    EXPECT_LT(text.size(), 3U << 20);
    EXPECT_THAT(text, HasSubstr("<the rest is not shown>"));
}

TEST_F(BtfValue, fields_are_not_sought_twice_in_the_same_type) {
    Id level = u8;
    for (int depth = 0; depth < 40; ++depth) {
        level = depth == 0 ? b.struct_("", 1, {{"a", u8, 0}})
                           : b.union_("", 1, {{"", level, 0}, {"", level, 0}});
    }
    build();
    EXPECT_THAT(parse(level, "{.nowhere = 1}"), HasSubstr("has no field 'nowhere'"));
}

TEST_F(BtfValue, an_edit_leaves_what_it_does_not_mention) {
    const Id pair = b.struct_("pair", 8, {{"a", i32, 0}, {"b", i32, 32}});
    const Id name = b.array(c, u32, 8);
    build();
    const Bytes before = bytes_of(std::array<std::int32_t, 2>{1, 2});
    EXPECT_EQ(format_value(*btf, pair, edit_value(*btf, pair, before, "{.b = 7}").value()),
              "{.a = 1, .b = 7}");
    const Bytes word = parse_value(*btf, name, "\"longer\"").value();
    EXPECT_EQ(format_value(*btf, name, edit_value(*btf, name, word, "\"ab\"").value()), "\"ab\"");
}

}  // namespace
}  // namespace bpftwin::test
