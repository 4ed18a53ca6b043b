// Sizes and offsets that compilers leave open in data sections, filled in from the object's section
// and symbol tables (libbpf's btf_fixup_datasec).
#include <algorithm>
#include <utility>

#include "btf/btf.h"
#include "btf/unchecked.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

using namespace btf_wire;

/// Appends the bytes of `value`.
template <class T>
void append(Bytes& out, const T& value) {
    const auto bytes = std::as_bytes(std::span(&value, 1));
    out.insert(out.end(), bytes.begin(), bytes.end());
}

void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

/// Copies BTF, and lays out data sections on the way.
class DatasecWriter {
public:
    DatasecWriter(ByteView raw, const Parts& parts, std::span<const DatasecLayout> layouts)
        : raw_(raw), parts_(parts), layouts_(layouts) {
        out_.reserve(raw.size());
        for_each_record(raw_, parts_,
                        [&](const Record&, std::size_t at) { places_.push_back(at); });
    }

    Result<Bytes> write() {
        for (std::uint32_t id = 1; id < places_.size(); ++id) {
            const auto record = read<Record>(raw_, places_[id]);
            if (kind_of(record) != BtfKind::datasec) continue;
            const auto* layout = layout_of(name_of(record));
            if (!layout) continue;
            if (record.size_or_type != 0 && record.size_or_type != layout->size)
                return fail(fmt::format(
                    "BTF type {} (DATASEC {}): has {} bytes, but the object's section {}", id,
                    layout->name, record.size_or_type, layout->size));
            section(record, places_[id], *layout);
        }
        return finish();
    }

private:
    static BtfKind kind_of(const Record& record) { return static_cast<BtfKind>(record.kind()); }
    [[nodiscard]] std::string_view name_of(const Record& record) const {
        return name_at(raw_, parts_, record.name_offset);
    }

    [[nodiscard]] const DatasecLayout* layout_of(std::string_view section) const {
        const auto found = std::ranges::lower_bound(layouts_, section, {}, &DatasecLayout::name);
        return found == layouts_.end() || found->name != section ? nullptr : &*found;
    }

    void section(Record record, std::size_t at, const DatasecLayout& layout) {
        const auto vars = laid_out(record, at + sizeof record, layout);
        append(out_, raw_.subspan(copied_, at - copied_));
        copied_ = at + length_of(record);
        record.size_or_type = layout.size;
        record.info = (record.info & ~0xffffU) | static_cast<std::uint32_t>(vars.size());
        append(out_, record);
        append(out_, std::as_bytes(std::span(vars)));
    }

    [[nodiscard]] std::vector<SectionVar> laid_out(const Record& record, std::size_t at,
                                                   const DatasecLayout& layout) const {
        std::vector<SectionVar> vars;
        vars.reserve(record.vlen());
        for (std::uint32_t i = 0; i < record.vlen(); ++i, at += sizeof(SectionVar))
            if (const auto var = placed(read<SectionVar>(raw_, at), layout)) vars.push_back(*var);
        std::ranges::sort(vars, {},
                          [](const SectionVar& v) { return std::pair(v.offset, v.type); });
        return vars;
    }

    /// Nothing where it leaves the section.
    [[nodiscard]] std::optional<SectionVar> placed(SectionVar var,
                                                   const DatasecLayout& layout) const {
        if (var.type == 0 || var.type >= places_.size()) return var;  // Refused by the parser.
        const std::size_t at = places_[var.type];
        const auto variable = read<Record>(raw_, at);
        const auto known = layout.offsets.find(name_of(variable));
        if (known != layout.offsets.end() && known->second) {
            var.offset = *known->second;
            return var;
        }
        const bool is_static = kind_of(variable) != BtfKind::var ||
                               read<std::uint32_t>(raw_, at + sizeof variable) == 0;
        return is_static ? std::optional(var) : std::nullopt;
    }

    /// Copies the rest and corrects the header.
    Bytes finish() {
        append(out_, raw_.subspan(copied_));
        auto header = read<Header>(raw_, 0);
        const auto shorter = static_cast<std::uint32_t>(raw_.size() - out_.size());
        header.type_length -= shorter;
        header.string_offset -= shorter;
        btf_wire::write(out_, 0, header);
        return std::move(out_);
    }

    ByteView raw_;
    const Parts& parts_;
    std::span<const DatasecLayout> layouts_;
    std::vector<std::size_t> places_ = {0};  ///< Of the records, by type id.
    std::size_t copied_ = 0;                 ///< Bytes that are written, or left out.
    Bytes out_;
};

/// Where the record of a type begins in the BTF, which has no base.
std::size_t place_of(const Btf& btf, std::uint32_t id) {
    std::size_t at = read<Header>(btf.raw(), 0).header_length;
    for (std::uint32_t before = 1; before < id; ++before)
        at += length_of(read<Record>(btf.raw(), at));
    return at;
}

/// The BTF with one more type at its end, which has the highest id.
Bytes with_type(const Btf& btf, const Record& record, const Array& array) {
    Header header = read<Header>(btf.raw(), 0);
    const auto strings = btf.raw().last(header.string_length);
    Bytes out(btf.raw().begin(), strings.begin());
    append(out, record);
    append(out, array);
    header.type_length += sizeof record + sizeof array;
    header.string_offset = header.type_length;
    write(out, 0, header);
    append(out, strings);
    return out;
}

}  // namespace

Result<Bytes> with_datasecs(ByteView raw, std::span<const DatasecLayout> layouts) {
    const auto parts = parts_of(raw);
    if (!parts) return Bytes(raw.begin(), raw.end());
    return DatasecWriter(raw, *parts, layouts).write();
}

Result<std::shared_ptr<const Btf>> with_last_array(const Btf& btf, std::uint32_t section,
                                                   std::uint32_t count) {
    const auto vars = btf.section_vars(btf.type(section));
    const auto at = std::ranges::max_element(vars, {}, &BtfSectionVar::offset);
    if (at == vars.end()) return fail("BTF does not describe the section; compile with -g");
    const BtfSectionVar last = *at;
    const BtfType& array = btf.type(btf.resolve(btf.type(last.type).type));
    if (array.kind != BtfKind::array)
        return fail(
            fmt::format("its last variable, {}, is not an array", btf.type(last.type).name));
    const std::uint64_t size = btf.size_of(array.type).value_or(0) * count;
    if (size > UINT32_MAX - last.offset) return fail("the section would be over 4 GiB");

    constexpr std::uint32_t kind = static_cast<std::uint32_t>(BtfKind::array) << 24;
    Bytes out = with_type(btf, {0, kind, 0}, {array.type, array.index_type, count});
    const std::size_t var_at = place_of(btf, last.type);
    Record var = read<Record>(out, var_at);
    var.size_or_type = btf.type_count();
    write(out, var_at, var);
    const std::size_t section_at = place_of(btf, section);
    Record record = read<Record>(out, section_at);
    record.size_or_type = last.offset + static_cast<std::uint32_t>(size);
    write(out, section_at, record);
    const auto index = static_cast<std::size_t>(at - vars.begin());
    write(out, section_at + sizeof record + index * sizeof(SectionVar),
          SectionVar{last.type, last.offset, static_cast<std::uint32_t>(size)});
    return Btf::parse(std::move(out));
}

}  // namespace bpftwin
