// BTF kinds of a kernel. Records are made from the rules of btf/kind.def.
#include "kernel-backend/probe_btf.h"

#include <linux/bpf.h>

#include <optional>
#include <vector>

#include "btf/wire.h"
#include "kernel-backend/attribute.h"
#include "kernel-backend/probe.h"
#include "kernel-backend/refusal.h"

namespace bpftwin::kernel {
namespace {

using btf_wire::KindRule;
using btf_wire::NameRule;
using btf_wire::Word;
using Words = std::vector<std::uint32_t>;

/// ".x" and its end, "x".
constexpr char strings[] = "\0.x";
constexpr std::uint32_t section_name = 1, plain_name = 2;

/// Kinds that refer to something else than an integer.
std::optional<BtfKind> referred_by(BtfKind kind) {
    if (kind == BtfKind::func) return BtfKind::func_proto;
    if (kind == BtfKind::decl_tag) return BtfKind::struct_;
    return std::nullopt;
}

std::uint32_t name_for(NameRule rule) {
    switch (rule) {
        case NameRule::none:
        case NameRule::optional: return 0;
        case NameRule::section: return section_name;
        case NameRule::any:
        case NameRule::identifier:
        case NameRule::text: return plain_name;
    }
    bug("NameRule");
}

std::uint32_t word_for(BtfKind kind, Word word) {
    constexpr std::uint32_t size = 4;
    switch (word) {
        case Word::size: return size;
        case Word::type: return referred_by(kind) ? int_type + 1 : int_type;
        case Word::zero:
        case Word::ignored: return 0;
    }
    bug("Word");
}

/// What follows the record of a kind once.
Words fixed_for(BtfKind kind, std::size_t bytes) {
    constexpr std::uint32_t bits_of_int = 32, the_whole_type = ~0U;
    if (kind == BtfKind::int_) return {bits_of_int};
    if (kind == BtfKind::array) return {int_type, int_type, 1};
    if (kind == BtfKind::decl_tag) return {the_whole_type};
    return Words(bytes / sizeof(std::uint32_t));
}

void add_record(Words& types, BtfKind kind) {
    const KindRule& rule = btf_wire::rule_of(kind);
    types.insert(types.end(), {name_for(rule.name), static_cast<std::uint32_t>(kind) << 24,
                               word_for(kind, rule.word)});
    const Words fixed = fixed_for(kind, rule.fixed);
    types.insert(types.end(), fixed.begin(), fixed.end());
}

Words records_for(BtfKind kind) {
    Words types;
    add_record(types, BtfKind::int_);
    if (const auto other = referred_by(kind)) add_record(types, *other);
    if (kind != BtfKind::int_) add_record(types, kind);
    return types;
}

Bytes section_of(const Words& types) {
    const auto records = std::as_bytes(std::span(types));
    const auto names = std::as_bytes(std::span(strings));
    const auto length = static_cast<std::uint32_t>(records.size());
    const btf_wire::Header header{.magic = btf_wire::magic,
                                  .version = 1,
                                  .flags = 0,
                                  .header_length = sizeof header,
                                  .type_offset = 0,
                                  .type_length = length,
                                  .string_offset = length,
                                  .string_length = static_cast<std::uint32_t>(names.size())};
    const auto head = std::as_bytes(std::span(&header, 1));
    Bytes section(head.begin(), head.end());
    section.insert(section.end(), records.begin(), records.end());
    section.insert(section.end(), names.begin(), names.end());
    return section;
}

}  // namespace

Result<Descriptor> load_kind(Kernel& kernel, BtfKind kind) {
    const Bytes section = section_of(records_for(kind));
    Attribute load;
    load->btf_size = static_cast<std::uint32_t>(section.size());
    load.input(load->btf, section);
    const auto loaded = load.call(kernel, BPF_BTF_LOAD);
    if (!loaded) return std::unexpected(loaded.error());
    return Descriptor(kernel, *loaded);
}

Result<bool> has_btf_kind(Kernel& kernel, BtfKind kind) {
    // Void has no record: it is there wherever integers are.
    const auto loaded = load_kind(kernel, kind == BtfKind::void_ ? BtfKind::int_ : kind);
    if (!loaded) return absent(loaded.error());
    return true;
}

}  // namespace bpftwin::kernel
