// See parser.h. Rules per kind stand in btf/kind.def; codes are the kernel's for the same mistake.
#include "btf/parser.h"

#include <algorithm>
#include <cerrno>

#include "btf/check.h"
#include "btf/check_each.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

using namespace btf_wire;

/// Bytes of the names of all types: more than 2^20 identifiers have. A type tag may be called by
/// 16 MiB, and a million of them by the same ones.
constexpr std::uint64_t max_named = std::uint64_t{1} << 30;

/// The kernel's internal ENOTSUPP, which reaches user space and has no name there.
constexpr int not_supported = 524;

std::unexpected<Error> bad_header(const std::string& what, int code = EINVAL) {
    return fail("BTF header: " + what, code);
}

}  // namespace

const std::array<BtfParser::Decoder, kind_rules.size()> BtfParser::decoders = {
#define KIND(enumerator, text, since, name, word, fixed, entry, flag, payload) &BtfParser::payload,
#include "btf/kind.def"
};

Result<std::shared_ptr<const Btf>> Btf::parse(ByteView raw, std::shared_ptr<const Btf> base) {
    return parse(Bytes(raw.begin(), raw.end()), std::move(base));
}

Result<std::shared_ptr<const Btf>> Btf::parse(Bytes raw, std::shared_ptr<const Btf> base) {
    return BtfParser(std::move(raw), std::move(base)).parse();
}

BtfParser::BtfParser(Bytes raw, std::shared_ptr<const Btf> base) : btf_(new Btf) {
    btf_->raw_ = std::move(raw);
    if (!base) return;
    btf_->first_id_ = base->type_count();
    btf_->first_string_ = base->first_string_ + static_cast<std::uint32_t>(base->strings_.size());
    btf_->base_ = std::move(base);
}

Result<std::shared_ptr<const Btf>> BtfParser::parse() {
    const auto parsed = btf_check::in_turn(
        [this] { return read_header(); }, [this] { return frame_records(); },
        [this] { return decode_records(); }, [this] { return check_chains(*btf_); },
        [this] { return check_types(); });
    if (!parsed) return std::unexpected(parsed.error());
    return btf_;
}

Result<void> BtfParser::check_types() {
    // Not before, as it makes queries for members follow chains, which were only now seen to end.
    btf_->has_old_bit_fields_ =
        has_old_bit_fields_ || (btf_->base_ && btf_->base_->has_old_bit_fields_);
    const ValueSizes sizes(*btf_);
    for (std::uint32_t id = std::max(btf_->first_id_, 1U); id < type_count_; ++id) {
        if (auto checked = check_references(*btf_, sizes, id); !checked) return checked;
        if (auto checked = check_layout(*btf_, sizes, id); !checked) return checked;
    }
    return {};
}

Result<void> BtfParser::read_header() {
    const ByteView raw = btf_->raw_;
    if (raw.size() < sizeof(Header))
        return bad_header(fmt::format("{} bytes are too few for one", raw.size()));
    const auto header = read<Header>(raw, 0);
    if (header.magic == std::uint16_t{0x9feb}) return bad_header("big-endian BTF is not supported");
    if (header.magic != magic)
        return bad_header(fmt::format("magic is {:#x}, not {:#x}", header.magic, magic));
    if (header.version != 1)
        return bad_header(fmt::format("version {} is not 1", header.version), not_supported);
    if (header.flags != 0)
        return bad_header(fmt::format("flags {:#x} are unknown", header.flags), not_supported);
    if (header.header_length < sizeof(Header) || header.header_length > raw.size())
        return bad_header(fmt::format("length {} is outside {} to {}", header.header_length,
                                      sizeof(Header), raw.size()));
    const auto extra = raw.subspan(sizeof(Header), header.header_length - sizeof(Header));
    if (std::ranges::any_of(extra, [](std::byte b) { return b != std::byte{0}; }))
        return bad_header("has fields that are unknown and not 0", E2BIG);
    return place_sections(header);
}

Result<void> BtfParser::place_sections(const Header& header) {
    const std::uint64_t room = btf_->raw_.size() - header.header_length;
    const std::uint64_t types_end = std::uint64_t{header.type_offset} + header.type_length;
    const std::uint64_t strings_end = std::uint64_t{header.string_offset} + header.string_length;
    if (types_end > room || strings_end != room)
        return bad_header(fmt::format("types end at {} and strings at {}, but the data at {}",
                                      types_end, strings_end, room));
    if (header.type_offset != 0 || header.string_offset != types_end)
        return bad_header("types and strings overlap or leave a gap");
    if (header.type_length == 0) return bad_header("there are no types");
    types_begin_ = header.header_length;
    types_end_ = types_begin_ + header.type_length;
    // The strings of a base may be all that a split BTF needs.
    if (header.string_length == 0 && btf_->base_) return {};
    const auto* text = reinterpret_cast<const char*>(btf_->raw_.data());
    btf_->strings_ = {text + header.header_length + header.string_offset, header.string_length};
    if (btf_->strings_.empty() || header.string_length - 1 > max_name_offset ||
        (!btf_->base_ && btf_->strings_.front() != '\0') || btf_->strings_.back() != '\0')
        return bad_header(
            "the string section must begin and end with a zero byte and be at most "
            "16 MiB long");
    plain_ = PlainStrings(btf_->strings_);
    return {};
}

std::unexpected<Error> BtfParser::bad(const std::string& what) const {
    const bool known = record_.kind() < kind_rules.size();
    const std::string_view kind = known ? kind_rules[record_.kind()].text : "unknown kind";
    const std::string_view name = btf_->string(record_.name_offset).substr(0, 80);
    return fail(
        fmt::format("BTF type {} ({}{}{}): {}", id_, kind, name.empty() ? "" : " ", name, what),
        EINVAL);
}

std::unexpected<Error> BtfParser::unknown_type(std::uint32_t id) const {
    return bad(fmt::format("refers to type {}, but ids end at {}", id, type_count_ - 1));
}

Result<void> BtfParser::frame_records() {
    std::size_t types = std::max(btf_->first_id_, 1U);
    for (std::size_t at = types_begin_; at < types_end_; ++types) {
        id_ = static_cast<std::uint32_t>(types);
        record_ = {};
        const std::size_t room = types_end_ - at;
        if (types > max_types) return bad("there are more than 1048575 types");
        if (room < sizeof(Record)) return bad(fmt::format("only {} bytes are left for it", room));
        record_ = read<Record>(btf_->raw_, at);
        if (record_.kind() == 0 || record_.kind() >= kind_rules.size())
            return bad(fmt::format("there is no kind {}", record_.kind()));
        const std::size_t length = length_of(record_);
        if (length > room) return bad(fmt::format("needs {} bytes, but {} are left", length, room));
        at += length;
    }
    type_count_ = static_cast<std::uint32_t>(types);
    return {};
}

Result<void> BtfParser::decode_records() {
    btf_->types_.reserve(type_count_ - btf_->first_id_);
    btf_->kinds_.reserve(type_count_ - btf_->first_id_);
    if (!btf_->base_) {
        btf_->types_.emplace_back();
        btf_->kinds_.push_back(BtfKind::void_);
    }
    std::size_t at = types_begin_;
    for (id_ = btf_->type_count(); at < types_end_; ++id_) {
        record_ = read<Record>(btf_->raw_, at);
        if (auto decoded = decode(at + sizeof(Record)); !decoded) return decoded;
        at += length_of(record_);
    }
    return {};
}

Result<void> BtfParser::decode(std::size_t payload) {
    const KindRule& rule = kind_rules[record_.kind()];
    if (auto head = check_head(rule); !head) return head;
    if (!is_name(record_.name_offset, rule.name))
        return bad_name(record_.name_offset, rule.name, "");
    const bool refers = rule.word == Word::type;
    if (refers && !exists(record_.size_or_type)) return unknown_type(record_.size_or_type);
    BtfType& type = btf_->types_.emplace_back();
    type.kind = static_cast<BtfKind>(record_.kind());
    btf_->kinds_.push_back(type.kind);
    type.kind_flag = record_.kind_flag();
    type.name = btf_->string(record_.name_offset);
    if (named_ += type.name.size(); named_ > max_named)
        return bad("the names up to here have more than 1 GiB");
    type.entries = btf_->raw_.data() + payload;
    type.size = rule.word == Word::size ? record_.size_or_type : 0;
    type.type = refers ? record_.size_or_type : 0;
    type.count = record_.vlen();
    return (this->*decoders[record_.kind()])(type, payload);
}

Result<void> BtfParser::check_head(const KindRule& rule) const {
    if (record_.has_unknown_bits())
        return bad(fmt::format("info {:#x} has unknown bits", record_.info));
    if (record_.kind_flag() && !rule.flag) return bad("kind_flag must not be set");
    if (rule.word == Word::zero && record_.size_or_type != 0)
        return bad(fmt::format("size {} must be 0", record_.size_or_type));
    const bool counted = rule.entry != 0 || record_.kind() == static_cast<unsigned>(BtfKind::func);
    if (!counted && record_.vlen() != 0)
        return bad(fmt::format("vlen {} must be 0", record_.vlen()));
    return {};
}

const char* BtfParser::text_at(std::uint32_t offset) const {
    const std::uint32_t first = btf_->first_string_;
    if (offset < first) return btf_->base_->string(offset).data();
    return offset - first < btf_->strings_.size() ? btf_->strings_.data() + (offset - first)
                                                  : nullptr;
}

bool BtfParser::is_odd_name(std::uint32_t offset, NameRule rule) const {
    const char* text = text_at(offset);
    return text != nullptr && follows(rule, offset, text);
}

std::unexpected<Error> BtfParser::bad_name(std::uint32_t offset, NameRule rule,
                                           std::string_view whose) const {
    if (!text_at(offset))
        return bad(fmt::format("{}name offset {} is beyond the {} bytes of strings", whose, offset,
                               btf_->first_string_ + btf_->strings_.size()));
    return bad(fmt::format("{}{}", whose, complaint(rule, btf_->string(offset))));
}

}  // namespace bpftwin
