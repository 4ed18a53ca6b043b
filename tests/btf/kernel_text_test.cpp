// Values as a kernel writes them; tests/semantics/cases/helper_snprintf_btf.bpf.c asks one.
#include "btf/kernel_text.h"

#include <cerrno>
#include <cstring>

#include "gtest/gtest.h"
#include "tests/btf/builder.h"

namespace bpftwin::test {
namespace {

constexpr std::uint64_t where = 0x1000;

/// The text of a value whose bytes are all of memory.
KernelText text_of(const BtfBuilder& b, std::uint32_t type, const Bytes& memory,
                   const KernelTextStyle& style = {.compact = true}, std::size_t room = 4096) {
    const auto read = [&](void* to, std::uint64_t from, std::size_t bytes) {
        if (from < where || from - where + bytes > memory.size()) return EFAULT;
        if (bytes != 0) std::memcpy(to, &memory[from - where], bytes);
        return 0;
    };
    return kernel_text(*b.build(), type, where, style, read, room);
}

Bytes words(std::initializer_list<std::uint32_t> values) {
    Bytes bytes(values.size() * 4);
    std::memcpy(bytes.data(), values.begin(), bytes.size());
    return bytes;
}

TEST(kernel_text, what_is_zero_is_left_out_but_at_the_top) {
    BtfBuilder b;
    const auto number = b.int_("int", 4, BtfBuilder::is_signed);
    const auto inner = b.struct_("inner", 8, {{"a", number, 0}, {"b", number, 32}});
    const auto outer = b.struct_("outer", 12, {{"first", inner, 0}, {"last", number, 64}});
    EXPECT_EQ(text_of(b, number, words({0})).text, "(int)0");
    EXPECT_EQ(text_of(b, outer, words({0, 0, 5})).text, "(struct outer){.last = (int)5,}");
    EXPECT_EQ(text_of(b, outer, words({0, 0, 0}), {.compact = true, .zeros = true}).text,
              "(struct outer){.first = (struct inner){.a = (int)0,.b = (int)0,},.last = (int)0,}");
    EXPECT_EQ(text_of(b, outer, words({1, 0, 0}), {.no_names = true}).text,
              "{\n {\n  1,\n },\n}\n");
}

TEST(kernel_text, text_in_arrays_ends_at_its_zero) {
    BtfBuilder b;
    const auto letter = b.int_("char", 1, BtfBuilder::is_signed);
    const auto text = b.array(letter, letter, 4);
    EXPECT_EQ(text_of(b, text, words({0x00006948})).text, "(char[])['H','i',]");
    EXPECT_EQ(text_of(b, text, words({0x00000148})).text, "(char[])['H',1,]");
}

TEST(kernel_text, bit_fields_enumerators_and_pointers) {
    BtfBuilder b;
    const auto number = b.int_("u32", 4);
    const auto state = b.enum_("state", 4, {{"OFF", 0}, {"ON", 1}});
    const auto pointer = b.ptr(b.const_(number));
    const auto all = b.struct_("all", 16,
                               {{"low", number, 3U << 24 | 0},
                                {"high", number, 5U << 24 | 3},
                                {"state", state, 32},
                                {"p", pointer, 64}},
                               true);
    const Bytes bytes = words({0x0d, 1, 0x89abcdef, 0xffff8881});
    EXPECT_EQ(text_of(b, all, bytes, {.compact = true, .raw_pointers = true}).text,
              "(struct all){.low = (u32)0x5,.high = (u32)0x1,.state = (enum state)ON,"
              ".p = (u32 *)0xffff888189abcdef,}");
    EXPECT_EQ(text_of(b, pointer, words({0x89abcdef, 0xffff8881})).text,
              "(u32 *)0x0000000089abcdef");
}

TEST(kernel_text, what_does_not_fit_is_counted) {
    BtfBuilder b;
    const auto number = b.int_("int", 4);
    const KernelText text = text_of(b, number, words({42}), {}, 3);
    EXPECT_EQ(text.text, "(in");
    EXPECT_EQ(text.length, std::strlen("(int)42\n"));
}

TEST(kernel_text, memory_that_cannot_be_read_is_an_error) {
    BtfBuilder b;
    const auto number = b.int_("int", 4);
    const KernelText text = text_of(b, number, {});
    EXPECT_EQ(text.error, EFAULT);
    EXPECT_EQ(text.text, "");
}

TEST(kernel_text, endless_arrays_end) {
    BtfBuilder b;
    const auto number = b.int_("int", 4);
    const auto empty = b.struct_("empty", 0, {});
    const auto many = b.array(empty, number, 0xffffffff);
    EXPECT_LE(text_of(b, many, Bytes(64)).length, 20U << 20);
    EXPECT_LE(text_of(b, many, Bytes(64), {.zeros = true}).length, 20U << 20);
}

}  // namespace
}  // namespace bpftwin::test
