// The listing of bpftool.
#include "btf/format.h"
#include "gtest/gtest.h"
#include "tests/btf/builder.h"

namespace bpftwin::test {
namespace {

TEST(btf_raw, lists_every_kind) {
    BtfBuilder b;
    const auto i = b.int_("int", 4, BtfBuilder::is_signed);
    const auto c = b.int_("char", 1, BtfBuilder::is_char);
    b.int_("_Bool", 1, BtfBuilder::is_bool);
    const auto p = b.ptr(i);
    b.array(i, i, 3);
    const auto s = b.struct_("s", 4, {{"x", i, bit_field(3, 5)}, {"", c, bit_field(8, 0)}}, true);
    b.enum_("e", 4, {{"A", -1}}, true);
    b.enum_("", 4, {{"B", -1}});
    b.enum64("f", 8, {{"C", -1}}, true);
    b.enum64("g", 8, {{"D", -1}});
    b.fwd("u", true);
    b.typedef_("t", i);
    const auto proto = b.func_proto(0, {{"x", p}, {"", 0}});
    b.func("fn", proto, BtfLinkage::static_);
    const auto v = b.var("v", i);
    b.datasec(".data", 8, {{v, 4, 4}});
    b.float_("double", 8);
    b.decl_tag("tag", s, 1);
    b.type_tag("user", i);
    EXPECT_EQ(to_raw(*b.build()), R"([1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
[2] INT 'char' size=1 bits_offset=0 nr_bits=8 encoding=CHAR
[3] INT '_Bool' size=1 bits_offset=0 nr_bits=8 encoding=BOOL
[4] PTR '(anon)' type_id=1
[5] ARRAY '(anon)' type_id=1 index_type_id=1 nr_elems=3
[6] STRUCT 's' size=4 vlen=2
	'x' type_id=1 bits_offset=3 bitfield_size=5
	'(anon)' type_id=2 bits_offset=8
[7] ENUM 'e' encoding=SIGNED size=4 vlen=1
	'A' val=-1
[8] ENUM '(anon)' encoding=UNSIGNED size=4 vlen=1
	'B' val=4294967295
[9] ENUM64 'f' encoding=SIGNED size=8 vlen=1
	'C' val=-1LL
[10] ENUM64 'g' encoding=UNSIGNED size=8 vlen=1
	'D' val=18446744073709551615ULL
[11] FWD 'u' fwd_kind=union
[12] TYPEDEF 't' type_id=1
[13] FUNC_PROTO '(anon)' ret_type_id=0 vlen=2
	'x' type_id=4
	'(anon)' type_id=0
[14] FUNC 'fn' type_id=13 linkage=static
[15] VAR 'v' type_id=1, linkage=global
[16] DATASEC '.data' size=8 vlen=1
	type_id=15 offset=4 size=4 (VAR 'v')
[17] FLOAT 'double' size=8
[18] DECL_TAG 'tag' type_id=6 component_idx=1
[19] TYPE_TAG 'user' type_id=1
)");
}

}  // namespace
}  // namespace bpftwin::test
