// Reads a `.BTF` section into tables: header, names and records, each by itself (what the kernel's
// btf_check_meta looks at). How types refer to each other is checked by btf/check.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "btf/btf.h"
#include "btf/wire.h"

namespace bpftwin {

class BtfParser {
public:
    BtfParser(Bytes raw, std::shared_ptr<const Btf> base);
    Result<std::shared_ptr<const Btf>> parse();

private:
    using EntryCounts = std::array<std::size_t, btf_wire::kind_rules.size()>;  ///< By kind.
    using Decoder = Result<void> (BtfParser::*)(BtfType&, std::size_t);
    static const std::array<Decoder, btf_wire::kind_rules.size()> decoders;

    Result<void> read_header();
    Result<void> place_sections(const btf_wire::Header& header);
    /// Walks the records once: every one is whole, and the tables' lengths are known.
    Result<void> frame_records();
    void reserve(std::size_t types, const EntryCounts& entries);
    Result<void> decode_records();
    /// Decodes record_, whose payload begins at `payload` in raw().
    Result<void> decode(std::size_t payload);
    Result<void> check_head(const btf_wire::KindRule& rule) const;
    Result<void> check_types();
    /// Gives members that old compilers made bit fields by a narrow or shifted int (without
    /// kind_flag) the width that new ones would have.
    void mark_old_bit_fields();

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
    /// Decodes `type.count` entries of `Wire` into `table` by `convert`.
    template <class Wire, class Entry, class Convert>
    Result<void> entries(BtfType& type, std::size_t at, Btf::Table<Entry> table,
                         btf_wire::NameRule rule, Convert convert);
    /// Where the string at `offset` begins, or null beyond the strings.
    [[nodiscard]] const char* text_at(std::uint32_t offset) const;
    /// The string at `offset`, or nothing where it breaks `rule`.
    [[nodiscard]] std::optional<std::string_view> name(std::uint32_t offset,
                                                       btf_wire::NameRule rule) const;
    /// Why name() gave nothing; `whose` begins the message.
    [[nodiscard]] std::unexpected<Error> bad_name(std::uint32_t offset, btf_wire::NameRule rule,
                                                  std::string_view whose) const;
    /// An error about the type that is being decoded.
    [[nodiscard]] std::unexpected<Error> bad(const std::string& what) const;

    [[nodiscard]] bool exists(std::uint32_t id) const { return id < type_count_; }
    [[nodiscard]] std::unexpected<Error> unknown_type(std::uint32_t id) const;

    std::shared_ptr<Btf> btf_;
    std::size_t types_begin_ = 0, types_end_ = 0;  ///< In raw().
    bool has_old_bit_fields_ = false;  ///< Maybe: there is a narrow int or an odd offset.
    std::uint32_t type_count_ =
        0;                       ///< With void and the base's; known once the records are framed.
    std::uint32_t id_ = 0;       ///< Of the type that is being read.
    btf_wire::Record record_{};  ///< Its record.
};

}  // namespace bpftwin
