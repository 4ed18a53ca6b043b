#include "cli/json.h"

#include "cli/hex.h"
#include "cli/values.h"
#include "gtest/gtest.h"
#include "tests/cli/compiled.h"

namespace bpftwin::cli {
namespace {

constexpr std::string_view source = R"(
typedef unsigned int u32;
enum colour { red, green = -2 };
union both { u32 number; unsigned char bytes[4]; };
struct value {
    u32 count;
    short negative;
    _Bool flag;
    char letter;
    char name[8];
    enum colour colour;
    u32 low : 3, high : 5;
    signed int minus : 4;
    struct { int inner; };
    union both both;
    void *pointer;
    int list[2];
};
struct value global;
)";

TEST(json, decodes_values_by_btf) {
    COMPILED(object, source);
    auto id = object->btf->find("value", BtfKind::struct_);
    ASSERT_TRUE(id);
    auto bytes = parse_hex(
        "2a000000 feff 01 41 6869000000000000 feffffff 2b0f0000 03000000"
        "78563412 efbeadde00000000 01000000ffffffff");
    ASSERT_EQ(bytes->size(), object->btf->size_of(*id));
    EXPECT_EQ(
        json_text(json_value(*object->btf, *id, *bytes), -1),
        R"({"count":42,"negative":-2,"flag":true,"letter":65,"name":"hi","colour":"green",)"
        R"("low":3,"high":5,"minus":-1,"inner":3,"both":{"number":305419896,"bytes":[120,86,52,18]},)"
        R"("pointer":"0x00000000deadbeef","list":[1,-1]})");
}

TEST(json, missing_bytes_are_null) {
    COMPILED(object, "int number; struct pair { int a, b; } pair;");
    auto id = object->btf->find("pair", BtfKind::struct_);
    ASSERT_TRUE(id);
    EXPECT_TRUE(json_value(*object->btf, *id, Bytes(7)).is_null());
    EXPECT_EQ(json_text(json_value(*object->btf, *id, Bytes(8)), -1), R"({"a":0,"b":0})");
}

TEST(json, text_that_is_not_utf8_stays_valid_json) {
    EXPECT_EQ(json_text(Json("a\xff"), -1), "\"a\xef\xbf\xbd\"");
}

TEST(json, typed_values_have_hex_always) {
    Bytes value(2);
    EXPECT_EQ(json_text(typed_json({nullptr, 0, 2}, value), -1), R"({"hex":"0000"})");
}

}  // namespace
}  // namespace bpftwin::cli
