// Fields of tracepoints by name.
#include "vm/field_names.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bpftwin {
namespace {

using testing::HasSubstr;

constexpr auto format = R"(name: sched_process_exec
ID: 316
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;

	field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;
	field:pid_t pid;	offset:12;	size:4;	signed:1;
	field:char comm[8];	offset:16;	size:8;	signed:0;

print fmt: "filename=%s", __get_str(filename)
)";

Bytes text_bytes(std::string_view text) {
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    return {bytes, bytes + text.size()};
}

std::vector<ContextField> resolved(std::vector<ContextField> fields) {
    const auto record = parse_format(format).value();
    EXPECT_TRUE(resolve_fields(fields, ProgType::tracepoint, record));
    return fields;
}

TEST(field_names, a_number_gets_its_place) {
    const auto fields = resolved({{"pid", 7}});
    ASSERT_EQ(fields.size(), 1u);
    EXPECT_EQ(fields[0].name, "u32[12]");
    EXPECT_EQ(fields[0].value, 7u);
}

TEST(field_names, text_for_an_array_is_stored_in_it) {
    const auto fields = resolved({{"comm", 0, text_bytes("sh")}});
    ASSERT_EQ(fields.size(), 2u);
    EXPECT_EQ(fields[0].name, "u8[16]");
    EXPECT_EQ(fields[0].value, std::uint64_t{'s'});
}

TEST(field_names, text_of_a_data_loc_stands_behind_the_record) {
    const auto fields = resolved({{"filename", 0, text_bytes("/x")}});
    ASSERT_EQ(fields.size(), 3u);
    EXPECT_EQ(fields[0].name, "u32[8]");
    EXPECT_EQ(fields[0].value, std::uint64_t{2 << 16 | 24});
    EXPECT_EQ(fields[1].name, "u8[24]");
}

TEST(field_names, mistakes_are_named) {
    const auto record = parse_format(format).value();
    std::vector<ContextField> fields{{"pidd", 7}};
    const auto unknown = resolve_fields(fields, ProgType::tracepoint, record);
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message, HasSubstr("pid"));
    fields = {{"comm", 0, text_bytes("much too long")}};
    EXPECT_FALSE(resolve_fields(fields, ProgType::tracepoint, record));
    EXPECT_FALSE(parse_format("field:int x;"));
    EXPECT_FALSE(parse_format(""));
}

}  // namespace
}  // namespace bpftwin
