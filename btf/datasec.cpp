// Sizes and offsets that compilers leave open in data sections, filled in from the object's section
// and symbol tables (libbpf's btf_fixup_datasec). The records are copied; only the chosen data
// sections change.
#include <algorithm>
#include <utility>

#include "btf/btf.h"
#include "btf/wire.h"
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

/// Copies BTF record by record, and lays out data sections on the way.
class DatasecWriter {
public:
    DatasecWriter(const Btf& btf, std::span<const DatasecLayout> layouts)
        : btf_(btf), layouts_(layouts), raw_(btf.raw()), header_(read<Header>(raw_, 0)) {}

    Result<Bytes> write() {
        const std::size_t begin = header_.header_length;
        out_.assign(raw_.begin(), raw_.begin() + static_cast<std::ptrdiff_t>(begin));
        std::size_t at = begin;
        for (std::uint32_t id = 1; id < btf_.type_count(); ++id) {
            const auto record = read<Record>(raw_, at);
            if (auto copied = copy(id, record, at); !copied) return std::unexpected(copied.error());
            at += length_of(record);
        }
        finish(begin);
        return std::move(out_);
    }

private:
    Result<void> copy(std::uint32_t id, const Record& record, std::size_t at) {
        const DatasecLayout* layout = layout_of(btf_.type(id));
        if (layout) return section(id, record, *layout);
        append(out_, raw_.subspan(at, length_of(record)));
        return {};
    }

    [[nodiscard]] const DatasecLayout* layout_of(const BtfType& type) const {
        if (type.kind != BtfKind::datasec) return nullptr;
        const auto found = std::ranges::find(layouts_, type.name, &DatasecLayout::name);
        return found == layouts_.end() ? nullptr : &*found;
    }

    Result<void> section(std::uint32_t id, Record record, const DatasecLayout& layout) {
        const BtfType& type = btf_.type(id);
        if (type.size != 0 && type.size != layout.size)
            return fail(fmt::format("BTF {}: has {} bytes, but the object's section {}",
                                    describe(btf_, id), type.size, layout.size));
        const auto vars = laid_out(type, layout);
        record.size_or_type = layout.size;
        record.info = (record.info & ~0xffffU) | static_cast<std::uint32_t>(vars.size());
        append(out_, record);
        for (const BtfSectionVar& var : vars) append(out_, var);
        return {};
    }

    [[nodiscard]] std::vector<BtfSectionVar> laid_out(const BtfType& type,
                                                      const DatasecLayout& layout) const {
        std::vector<BtfSectionVar> vars;
        for (BtfSectionVar var : btf_.section_vars(type)) {
            const BtfType& variable = btf_.type(var.type);
            const auto offset = layout.offsets.find(std::string(variable.name));
            const bool known = offset != layout.offsets.end();
            if (known) var.offset = offset->second;
            if (known || variable.linkage == BtfLinkage::static_) vars.push_back(var);
        }
        std::ranges::sort(vars, {},
                          [](const BtfSectionVar& v) { return std::pair(v.offset, v.type); });
        return vars;
    }

    /// Writes the strings and corrects the header.
    void finish(std::size_t begin) {
        header_.type_length = static_cast<std::uint32_t>(out_.size() - begin);
        header_.string_offset = header_.type_length;
        std::memcpy(out_.data(), &header_, sizeof header_);
        append(out_, raw_.last(header_.string_length));
    }

    const Btf& btf_;
    std::span<const DatasecLayout> layouts_;
    ByteView raw_;
    Header header_;
    Bytes out_;
};

/// Where the record of a type begins in the BTF, which has no base.
std::size_t place_of(const Btf& btf, std::uint32_t id) {
    std::size_t at = read<Header>(btf.raw(), 0).header_length;
    for (std::uint32_t before = 1; before < id; ++before)
        at += length_of(read<Record>(btf.raw(), at));
    return at;
}

template <class T>
void write(Bytes& bytes, std::size_t at, const T& value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
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

static_assert(sizeof(BtfSectionVar) == sizeof(btf_wire::SectionVar));

Result<std::shared_ptr<const Btf>> with_datasecs(const Btf& btf,
                                                 std::span<const DatasecLayout> layouts) {
    auto bytes = DatasecWriter(btf, layouts).write();
    if (!bytes) return std::unexpected(bytes.error());
    return Btf::parse(*std::move(bytes));
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
