// Headers, names and records, each by itself.
#include "btf/parser.h"

#include <cerrno>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/btf/builder.h"

namespace bpftwin::test {
namespace {

using btf_wire::Header;
using testing::HasSubstr;

std::string error_of(const Bytes& bytes) {
    const auto btf = Btf::parse(bytes);
    return btf ? "accepted" : btf.error().message;
}

std::string error_of(const BtfBuilder& builder) { return error_of(builder.bytes()); }

/// BTF of one int, with its header changed.
template <class Change>
Bytes with_header(Change change) {
    BtfBuilder builder;
    builder.int_("int", 4);
    Bytes bytes = builder.bytes();
    auto header = btf_wire::read<Header>(bytes, 0);
    change(header, bytes);
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
}

/// The error for BTF of one record of that kind.
std::string error_of_record(BtfKind kind, std::string_view name, std::uint32_t vlen,
                            std::uint32_t word, const std::vector<std::uint32_t>& payload = {},
                            bool kind_flag = false) {
    BtfBuilder builder;
    builder.record(kind, name, vlen, word, payload, kind_flag);
    return error_of(builder);
}

TEST(btf_header, needs_all_its_bytes) {
    EXPECT_THAT(error_of(Bytes{}), HasSubstr("BTF header: 0 bytes are too few"));
    EXPECT_THAT(error_of(Bytes(23)), HasSubstr("23 bytes are too few"));
}

TEST(btf_header, refuses_other_magic_and_byte_order) {
    EXPECT_THAT(error_of(Bytes(24)), HasSubstr("magic is 0x0"));
    EXPECT_THAT(error_of(with_header([](Header& h, Bytes&) { h.magic = 0x9feb; })),
                HasSubstr("big-endian"));
}

TEST(btf_header, refuses_versions_and_flags_from_the_future) {
    EXPECT_THAT(error_of(with_header([](Header& h, Bytes&) { h.version = 2; })),
                HasSubstr("version 2"));
    const auto flagged = Btf::parse(with_header([](Header& h, Bytes&) { h.flags = 1; }));
    ASSERT_FALSE(flagged);
    EXPECT_THAT(flagged.error().message, HasSubstr("flags 0x1"));
    EXPECT_EQ(flagged.error().code, 524);
}

TEST(btf_header, length_is_inside_the_data) {
    EXPECT_THAT(error_of(with_header([](Header& h, Bytes&) { h.header_length = 23; })),
                HasSubstr("length 23 is outside"));
    EXPECT_THAT(error_of(with_header([](Header& h, Bytes&) { h.header_length = 4000; })),
                HasSubstr("length 4000 is outside"));
}

TEST(btf_header, may_be_longer_if_what_is_unknown_is_zero) {
    const auto longer = [](std::byte extra) {
        return with_header([extra](Header& h, Bytes& bytes) {
            h.header_length += 4;
            bytes.insert(bytes.begin() + sizeof h, {extra, std::byte{}, std::byte{}, std::byte{}});
        });
    };
    EXPECT_EQ(error_of(longer(std::byte{0})), "accepted");
    const auto unknown = Btf::parse(longer(std::byte{1}));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, E2BIG);
}

TEST(btf_header, sections_fill_the_data_in_order) {
    EXPECT_THAT(error_of(with_header([](Header& h, Bytes&) { h.type_length += 4; })),
                HasSubstr("overlap or leave a gap"));
    EXPECT_THAT(error_of(with_header([](Header& h, Bytes&) { h.type_offset = 4; })),
                HasSubstr("overlap or leave a gap"));
    EXPECT_THAT(error_of(with_header([](Header& h, Bytes&) { h.string_length += 1; })),
                HasSubstr("but the data at"));
    EXPECT_THAT(error_of(with_header([](Header& h, Bytes&) { h.string_length = 0xffffffff; })),
                HasSubstr("but the data at"));
    EXPECT_THAT(error_of(with_header([](Header&, Bytes& b) { b.push_back(std::byte{}); })),
                HasSubstr("but the data at"));
}

TEST(btf_header, wants_types) { EXPECT_THAT(error_of(BtfBuilder{}), HasSubstr("no types")); }

TEST(btf_strings, begin_and_end_with_zero) {
    const std::string wanted = "must begin and end with a zero byte";
    EXPECT_THAT(error_of(with_header([](Header&, Bytes& b) { b.back() = std::byte{'x'}; })),
                HasSubstr(wanted));
    EXPECT_THAT(error_of(with_header(
                    [](Header& h, Bytes& b) { b[sizeof h + h.string_offset] = std::byte{'x'}; })),
                HasSubstr(wanted));
    EXPECT_THAT(error_of(with_header([](Header& h, Bytes& b) {
                    b.resize(sizeof h + h.type_length);
                    h.string_length = 0;
                })),
                HasSubstr(wanted));
}

TEST(btf_record, is_whole) {
    BtfBuilder cut_head, cut_payload;
    cut_head.words({0, 0x01000000});
    EXPECT_THAT(error_of(cut_head), HasSubstr("BTF type 1 (VOID): only 8 bytes are left for it"));
    cut_payload.words({0, 0x04000000 | 2, 8, 0, 0, 0});
    EXPECT_THAT(error_of(cut_payload),
                HasSubstr("BTF type 1 (STRUCT): needs 36 bytes, but 24 are left"));
}

TEST(btf_record, is_of_a_known_kind) {
    EXPECT_THAT(error_of_record(BtfKind{20}, "", 0, 0), HasSubstr("there is no kind 20"));
    EXPECT_THAT(error_of_record(BtfKind::void_, "", 0, 0), HasSubstr("there is no kind 0"));
}

TEST(btf_record, has_no_unknown_bits) {
    BtfBuilder builder;
    builder.words({0, 0x02010000, 0});
    EXPECT_THAT(error_of(builder), HasSubstr("info 0x2010000 has unknown bits"));
}

TEST(btf_record, has_kind_flag_only_where_it_means_something) {
    for (BtfKind kind : {BtfKind::ptr, BtfKind::const_, BtfKind::func_proto})
        EXPECT_THAT(error_of_record(kind, "", 0, 0, {}, true),
                    HasSubstr("kind_flag must not be set"));
}

TEST(btf_record, has_vlen_only_where_it_counts_something) {
    EXPECT_THAT(error_of_record(BtfKind::ptr, "", 1, 0), HasSubstr("vlen 1 must be 0"));
    EXPECT_THAT(error_of_record(BtfKind::int_, "int", 2, 4, {32}), HasSubstr("vlen 2 must be 0"));
}

TEST(btf_record, of_fwd_and_array_has_no_size) {
    EXPECT_THAT(error_of_record(BtfKind::fwd, "f", 0, 3), HasSubstr("size 3 must be 0"));
    EXPECT_THAT(error_of_record(BtfKind::array, "", 0, 3, {1, 1, 1}),
                HasSubstr("size 3 must be 0"));
}

TEST(btf_name, is_inside_the_strings) {
    BtfBuilder of_type, of_member;
    of_type.words({1000, 0x01000000, 4, 32});
    EXPECT_THAT(error_of(of_type), HasSubstr("name offset 1000 is beyond the 1 bytes of strings"));
    of_member.words({0, 0x04000001, 4, 77, 1, 0});
    EXPECT_THAT(error_of(of_member), HasSubstr("entry 0: name offset 77 is beyond"));
}

TEST(btf_name, is_absent_where_the_kernel_wants_none) {
    for (BtfKind kind : {BtfKind::ptr, BtfKind::const_, BtfKind::volatile_, BtfKind::restrict_,
                         BtfKind::func_proto})
        EXPECT_THAT(error_of_record(kind, "n", 0, 0), HasSubstr("must have no name"));
    EXPECT_THAT(error_of_record(BtfKind::array, "n", 0, 0, {1, 1, 1}),
                HasSubstr("must have no name"));
}

TEST(btf_name, is_present_where_the_kernel_wants_one) {
    EXPECT_THAT(error_of_record(BtfKind::typedef_, "", 0, 0), HasSubstr("must have a name"));
    EXPECT_THAT(error_of_record(BtfKind::fwd, "", 0, 0), HasSubstr("must have a name"));
    EXPECT_THAT(error_of_record(BtfKind::func, "", 0, 0), HasSubstr("must have a name"));
    EXPECT_THAT(error_of_record(BtfKind::var, "", 0, 0, {0}), HasSubstr("must have a name"));
    EXPECT_THAT(error_of_record(BtfKind::datasec, "", 0, 4), HasSubstr("must have a name"));
    EXPECT_THAT(error_of_record(BtfKind::type_tag, "", 0, 0), HasSubstr("must have a name"));
    EXPECT_THAT(error_of_record(BtfKind::decl_tag, "", 0, 0, {0}), HasSubstr("must have a name"));
    EXPECT_THAT(error_of_record(BtfKind::enum_, "", 1, 4, {0, 0}),
                HasSubstr("entry 0: must have a name"));
}

TEST(btf_name, is_an_identifier_where_the_kernel_wants_one) {
    for (std::string_view name : {"1a", "a b", "a-b", "\xc3\xa4"}) {
        EXPECT_THAT(error_of_record(BtfKind::struct_, name, 0, 0), HasSubstr("not an identifier"));
        EXPECT_THAT(error_of_record(BtfKind::typedef_, name, 0, 0), HasSubstr("not an identifier"));
    }
    EXPECT_EQ(error_of_record(BtfKind::struct_, "_a1.b", 0, 0), "accepted");
    EXPECT_EQ(error_of_record(BtfKind::int_, "long int", 0, 8, {64}), "accepted");
    EXPECT_EQ(error_of_record(BtfKind::datasec, ".data-x y", 0, 8), "accepted");
    EXPECT_THAT(error_of_record(BtfKind::datasec, "a\nb", 0, 8), HasSubstr("printable"));
}

TEST(btf_name, of_all_types_take_bounded_time) {
    BtfBuilder builder;
    const std::uint32_t name = builder.string(std::string((std::size_t{1} << 24) - 3, ' '));
    for (unsigned i = 0; i < 65; ++i)
        builder.words({name, static_cast<std::uint32_t>(BtfKind::float_) << 24, 4});
    EXPECT_THAT(error_of(builder), HasSubstr("type 65 (FLOAT"));
    EXPECT_THAT(error_of(builder), HasSubstr("the names up to here have more than 1 GiB"));
}

TEST(btf_name, has_at_most_511_characters) {
    EXPECT_EQ(error_of_record(BtfKind::struct_, std::string(511, 'a'), 0, 0), "accepted");
    EXPECT_THAT(error_of_record(BtfKind::struct_, std::string(512, 'a'), 0, 0),
                HasSubstr("not an identifier"));
    EXPECT_THAT(error_of_record(BtfKind::datasec, std::string(512, '.'), 0, 0),
                HasSubstr("printable"));
}

TEST(btf_int, has_bits_and_encoding_that_make_sense) {
    const auto error = [](std::uint32_t size, std::uint32_t data) {
        return error_of_record(BtfKind::int_, "i", 0, size, {data});
    };
    EXPECT_EQ(error(16, 128), "accepted");
    EXPECT_EQ(error(1, 0x03000008), "accepted") << "gcc 12 calls char signed and a character";
    EXPECT_THAT(error(3, 24), HasSubstr("an int of 3 bytes"));
    EXPECT_THAT(error(32, 8), HasSubstr("an int of 32 bytes"));
    EXPECT_THAT(error(4, 33), HasSubstr("33 bits at bit 0 do not fit its 4 bytes"));
    EXPECT_THAT(error(4, 8 | 28 << 16), HasSubstr("8 bits at bit 28 do not fit"));
    EXPECT_THAT(error(4, 0x05000020), HasSubstr("encoding 0x5 is unknown"));
    EXPECT_THAT(error(4, 0x10000020), HasSubstr("encoding 0x10 is unknown"));
}

TEST(btf_name, is_none_only_at_offset_0) {
    BtfBuilder b;
    b.string("x");
    const std::uint32_t end_of_x = 2;
    b.words({end_of_x, static_cast<std::uint32_t>(BtfKind::ptr) << 24, 0});
    EXPECT_FALSE(b.parse());
}

TEST(btf_name, may_have_letters_of_latin_1) {
    EXPECT_EQ(error_of_record(BtfKind::fwd, "na\xefve", 0, 0), "accepted");
    EXPECT_THAT(error_of_record(BtfKind::fwd, "a\xd7", 0, 0), HasSubstr("is not an identifier"));
}

TEST(btf_enum, has_the_size_of_an_integer) {
    EXPECT_THAT(error_of_record(BtfKind::enum_, "e", 0, 3), HasSubstr("an enum of 3 bytes"));
    EXPECT_THAT(error_of_record(BtfKind::enum64, "e", 0, 16), HasSubstr("an enum of 16 bytes"));
}

TEST(btf_enum, has_no_size_where_it_is_only_announced) {
    EXPECT_EQ(error_of_record(BtfKind::enum_, "e", 0, 0), "accepted");
    EXPECT_THAT(error_of_record(BtfKind::enum_, "e", 1, 0, {0, 0}),
                HasSubstr("an enum of 0 bytes"));
}

TEST(btf_float, has_a_known_size) {
    for (std::uint32_t size : {2, 4, 8, 12, 16})
        EXPECT_EQ(error_of_record(BtfKind::float_, "f", 0, size), "accepted");
    for (std::uint32_t size : {0, 1, 3, 10, 32})
        EXPECT_THAT(error_of_record(BtfKind::float_, "f", 0, size), HasSubstr("a float of"));
}

TEST(btf_linkage, is_static_global_or_extern) {
    EXPECT_THAT(error_of_record(BtfKind::func, "f", 3, 0), HasSubstr("linkage 3 is unknown"));
    EXPECT_THAT(error_of_record(BtfKind::var, "v", 0, 0, {3}), HasSubstr("linkage 3 is unknown"));
}

TEST(btf_decl_tag, component_is_not_below_minus_one) {
    EXPECT_THAT(error_of_record(BtfKind::decl_tag, "t", 0, 0, {0xfffffffe}),
                HasSubstr("component -2 is below -1"));
}

TEST(btf_ids, exist) {
    const auto wants = HasSubstr("refers to type 9, but ids end at 1");
    EXPECT_THAT(error_of_record(BtfKind::ptr, "", 0, 9), wants);
    EXPECT_THAT(error_of_record(BtfKind::array, "", 0, 0, {9, 1, 1}), wants);
    EXPECT_THAT(error_of_record(BtfKind::array, "", 0, 0, {1, 9, 1}), wants);
    EXPECT_THAT(error_of_record(BtfKind::struct_, "s", 1, 4, {0, 9, 0}), wants);
    EXPECT_THAT(error_of_record(BtfKind::func_proto, "", 1, 0, {0, 9}), wants);
    EXPECT_THAT(error_of_record(BtfKind::datasec, ".data", 1, 4, {9, 0, 4}), wants);
    EXPECT_THAT(error_of_record(BtfKind::decl_tag, "t", 0, 9, {0}), wants);
}

TEST(btf_parse, truncation_at_any_byte_is_an_error) {
    BtfBuilder builder;
    const auto i = builder.int_("int", 4);
    builder.struct_("s", 8, {{"a", i, 0}, {"b", i, 32}});
    const Bytes whole = builder.bytes();
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(Btf::parse(ByteView(whole).first(size))) << size;
}

}  // namespace
}  // namespace bpftwin::test
