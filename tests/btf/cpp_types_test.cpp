// Types as C++ that no compiler writes: what BTF may say must not be too much for the writer. What
// compilers write is in tests/skeletons.
#include "btf/cpp_types.h"

#include "btf/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/btf/builder.h"

namespace bpftwin::test {
namespace {

using testing::HasSubstr;

class cpp_types : public testing::Test {
protected:
    using Id = BtfBuilder::Id;

    /// The C++ type; definitions are in `text` then.
    std::string type(Id id) {
        btf = b.build();
        CppTypes types(*btf, "::x::");
        std::string value = types.value(id, "hint");
        text = types.definitions();
        return value;
    }

    BtfBuilder b;
    std::shared_ptr<const Btf> btf;
    Id u32 = b.int_("unsigned int", 4);
    Id u8 = b.int_("unsigned char", 1);
    std::string text;
};

TEST_F(cpp_types, integers_are_named_by_their_size) {
    EXPECT_EQ(type(u32), "std::uint32_t");
    EXPECT_EQ(type(b.array(b.array(u8, u32, 3), u32, 2)),
              "std::array<std::array<std::uint8_t, 3>, 2>");
}

TEST_F(cpp_types, what_has_no_size_is_no_value) {
    EXPECT_EQ(type(0), "");
    EXPECT_EQ(type(b.array(u32, u32, 0)), "");
    EXPECT_EQ(type(b.struct_("empty", 0, {})), "");
}

TEST_F(cpp_types, members_that_overlap_are_bytes) {
    EXPECT_EQ(type(b.struct_("odd", 6, {{"a", u32, 0}, {"b", u32, 16}})), "::x::odd");
    EXPECT_THAT(text, HasSubstr("struct odd {\n    std::uint8_t bytes[6];\n};"));
}

TEST_F(cpp_types, types_of_one_name_are_told_apart) {
    const Id first = b.struct_("same", 4, {{"a", u32, 0}});
    const Id second = b.struct_("same", 8, {{"a", u32, 0}, {"b", u32, 32}});
    EXPECT_EQ(type(b.struct_("both", 12, {{"f", first, 0}, {"s", second, 32}})), "::x::both");
    EXPECT_THAT(text, HasSubstr("::x::same f;"));
    EXPECT_THAT(text, HasSubstr("::x::same_2 s;"));
}

TEST_F(cpp_types, nesting_as_deep_as_btf_allows_is_written) {
    Id inner = u8;
    for (int i = 0; i < 60; ++i) inner = b.struct_("", 1, {{i == 0 ? "x" : "", inner, 0}});
    Id named = u8;
    for (int i = 0; i < 60; ++i) named = b.struct_("s", 1, {{"m", named, 0}});
    EXPECT_EQ(type(b.struct_("deep", 2, {{"a", inner, 0}, {"b", named, 8}})), "::x::deep");
    EXPECT_THAT(text, HasSubstr("struct s_60 {"));
}

TEST_F(cpp_types, few_types_that_unfold_to_many_members_are_cut_off) {
    Id inner = b.union_("", 1, {{"x", u8, 0}});
    for (int i = 0; i < 40; ++i) inner = b.union_("", 1, {{"", inner, 0}, {"", inner, 0}});
    btf = b.build();
    CppTypes types(*btf, "::x::");
    (void)types.value(inner, "hint");
    EXPECT_TRUE(types.is_full());
    EXPECT_LT(types.definitions().size(), 64U << 20);
}

}  // namespace
}  // namespace bpftwin::test
