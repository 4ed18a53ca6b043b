// Reads a `.BTF` section into tables: header, names and records, each by itself (what the kernel's
// btf_check_meta looks at). How types refer to each other is checked by btf/check.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "btf/btf.h"
#include "btf/names.h"
#include "btf/wire.h"

namespace bpftwin {

class BtfParser {
public:
    BtfParser(Bytes raw, std::shared_ptr<const Btf> base);
    Result<std::shared_ptr<const Btf>> parse();

private:
    using Decoder = Result<void> (BtfParser::*)(BtfType&, std::size_t);
    static const std::array<Decoder, btf_wire::kind_rules.size()> decoders;

    Result<void> read_header();
    Result<void> place_sections(const btf_wire::Header& header);
    /// Walks the records once: every one is whole, and their number is known.
    Result<void> frame_records();
    Result<void> decode_records();
    /// Decodes record_, whose payload begins at `payload` in raw().
    Result<void> decode(std::size_t payload);
    Result<void> check_head(const btf_wire::KindRule& rule) const;
    Result<void> check_types();

    // One per `payload` of btf/kind.def; `at` is where it begins in raw().
    Result<void> nothing(BtfType& type, std::size_t at);
    Result<void> integer(BtfType& type, std::size_t at);
    Result<void> array(BtfType& type, std::size_t at);
    Result<void> members(BtfType& type, std::size_t at);
    Result<void> enumerators(BtfType& type, std::size_t at);
    Result<void> enumerators64(BtfType& type, std::size_t at);
    Result<void> function(BtfType& type, std::size_t at);
    Result<void> params(BtfType& type, std::size_t at);
    Result<void> variable(BtfType& type, std::size_t at);
    Result<void> section_vars(BtfType& type, std::size_t at);
    Result<void> floating(BtfType& type, std::size_t at);
    Result<void> component(BtfType& type, std::size_t at);

    Result<void> check_enum_size(const BtfType& type) const;
    /// Checks names and types of the `type.count` entries, which are `Wire`.
    template <class Wire>
    Result<void> entries(const BtfType& type, std::size_t at, btf_wire::NameRule rule);
    /// Where the string at `offset` begins, or null beyond the strings.
    [[nodiscard]] const char* text_at(std::uint32_t offset) const;
    /// Whether the string at `offset` exists and follows `rule`.
    [[nodiscard]] bool is_name(std::uint32_t offset, btf_wire::NameRule rule) const {
        return is_plain_name(offset) ? rule != btf_wire::NameRule::none : is_odd_name(offset, rule);
    }
    [[nodiscard]] bool is_plain_name(std::uint32_t offset) const {
        const std::size_t own = std::size_t{offset} - btf_->first_string_;
        return own < btf_->strings_.size() && begins_identifier(btf_->strings_[own]) &&
               plain_.at(own);
    }
    /// The same for those that a look at blocks of strings does not answer.
    [[nodiscard]] bool is_odd_name(std::uint32_t offset, btf_wire::NameRule rule) const;
    /// Why is_name() said no; `whose` begins the message.
    [[nodiscard]] std::unexpected<Error> bad_name(std::uint32_t offset, btf_wire::NameRule rule,
                                                  std::string_view whose) const;
    /// An error about the type that is being decoded.
    [[nodiscard]] std::unexpected<Error> bad(const std::string& what) const;

    [[nodiscard]] bool exists(std::uint32_t id) const { return id < type_count_; }
    [[nodiscard]] std::unexpected<Error> unknown_type(std::uint32_t id) const;

    std::shared_ptr<Btf> btf_;
    std::size_t types_begin_ = 0, types_end_ = 0;  ///< In raw().
    PlainStrings plain_;                           ///< Of the strings of btf_.
    bool has_old_bit_fields_ = false;  ///< Maybe: there is a narrow int or an odd offset.
    std::uint32_t type_count_ =
        0;                       ///< With void and the base's; known once the records are framed.
    std::uint64_t named_ = 0;    ///< Bytes of the names of all types so far.
    std::uint32_t id_ = 0;       ///< Of the type that is being read.
    btf_wire::Record record_{};  ///< Its record.
};

}  // namespace bpftwin
