#include "cli/settings.h"

#include <algorithm>

#include "cli/hex.h"
#include "cli/values.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/compiled.h"

namespace bpftwin::cli {
namespace {

using testing::HasSubstr;

constexpr std::string_view source = R"(
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct pair { int a; int b; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, int);
         __type(value, struct pair); } pairs SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 4); __type(key, int);
         __type(value, int); } jumps SEC(".maps");
const volatile int limit = 3;
int counter = 1;
SEC("xdp") int first(struct xdp_md *ctx) {
    int key = 0;
    bpf_tail_call(ctx, &jumps, 0);
    return bpf_map_lookup_elem(&pairs, &key) && counter++ > limit;
}
char LICENSE[] SEC("license") = "GPL";
)";

std::string error_of(ObjectSpec& object, Setting setting) {
    auto rest = edit_definition(object, std::vector{std::move(setting)});
    return rest ? "no error" : rest.error().message;
}

TEST(settings, of_globals_change_the_definition) {
    COMPILED(object, source);
    auto rest = edit_definition(
        *object, std::vector<Setting>{{".rodata", "limit", "258"}, {".data", "counter", "-1"}});
    ASSERT_TRUE(rest) << rest.error().message;
    EXPECT_TRUE(rest->empty());
    auto contents_of = [&](std::string_view section) {
        return hex(std::ranges::find(object->maps, section, &MapSpec::section)->contents);
    };
    EXPECT_EQ(contents_of(".rodata"), "02 01 00 00");
    EXPECT_EQ(contents_of(".data"), "ff ff ff ff");
}

TEST(settings, fill_slots_by_program_name) {
    COMPILED(object, source);
    ASSERT_TRUE(edit_definition(*object, std::vector<Setting>{{"jumps", "2", "first"}}));
    const auto& slots = object->map("jumps")->slots;
    ASSERT_EQ(slots.size(), 1u);
    EXPECT_EQ(slots[0].index, 2u);
    EXPECT_EQ(slots[0].target, "first");
}

TEST(settings, of_other_maps_wait_for_the_instance) {
    COMPILED(object, source);
    Setting setting{"pairs", "1", "{2, 3}"};
    auto rest = edit_definition(*object, std::vector{setting});
    ASSERT_TRUE(rest);
    EXPECT_EQ(*rest, std::vector{setting});
}

TEST(settings, errors_quote_the_setting_and_list_what_there_is) {
    COMPILED(object, source);
    EXPECT_THAT(error_of(*object, {"nomap", "1", "2"}),
                HasSubstr("--set nomap 1 2: no such map; the object has "));
    EXPECT_EQ(error_of(*object, {".rodata", "x", "2"}),
              "--set .rodata x 2: no such variable; .rodata has limit");
    EXPECT_EQ(error_of(*object, {"jumps", "9", "first"}),
              "--set jumps 9 first: index 9 is not below max_entries 4");
    EXPECT_THAT(error_of(*object, {".rodata", "limit", "x"}), HasSubstr("x"));
}

TEST(values, without_btf_are_integers_of_their_size_or_hex) {
    EXPECT_EQ(hex(parse_typed({nullptr, 0, 4}, "-2").value()), "fe ff ff ff");
    EXPECT_EQ(hex(parse_typed({nullptr, 0, 3}, "hex:010203").value()), "01 02 03");
    EXPECT_EQ(parse_typed({nullptr, 0, 3}, "hex:01").error().message, "1 bytes given, 3 needed");
    EXPECT_EQ(parse_typed({nullptr, 0, 16}, "1").error().message,
              "'1': without BTF give hex: and 16 bytes");
    EXPECT_TRUE(parse_typed({nullptr, 0, 0}, "-").value().empty());
}

TEST(values, with_btf_are_c_syntax) {
    COMPILED(object, source);
    const MapSpec& map = *object->map("pairs");
    EXPECT_EQ(type_name(value_type(*object, map)), "struct pair");
    auto value = parse_typed(value_type(*object, map), "{.a = 1, .b = -1}");
    ASSERT_TRUE(value) << value.error().message;
    EXPECT_EQ(hex(*value), "01 00 00 00 ff ff ff ff");
    EXPECT_EQ(typed_text(value_type(*object, map), *value), "{.a = 1, .b = -1}");
}

}  // namespace
}  // namespace bpftwin::cli
