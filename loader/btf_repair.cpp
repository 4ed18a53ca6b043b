#include "loader/btf_repair.h"

#include <string_view>
#include <unordered_set>

#include "btf/btf.h"
#include "btf/unchecked.h"

namespace bpftwin {
namespace {

using btf_wire::Record;

constexpr std::uint32_t kind_mask = 0x1f000000;
constexpr std::uint32_t vlen_mask = 0xffff;
constexpr auto global = static_cast<std::uint32_t>(BtfLinkage::global);
constexpr auto static_ = static_cast<std::uint32_t>(BtfLinkage::static_);

std::uint32_t with_kind(std::uint32_t info, BtfKind kind) {
    return (info & ~(kind_mask | vlen_mask)) | static_cast<std::uint32_t>(kind) << 24;
}

class Repair {
public:
    Repair(ByteView raw, const ElfFile& elf) : bytes_(raw.begin(), raw.end()) {
        for (const auto& symbol : elf.symbols())
            if (symbol.is_hidden()) hidden_.insert(symbol.name);
    }

    Bytes run() {
        const auto parts = btf_wire::parts_of(bytes_);
        if (!parts) return std::move(bytes_);
        btf_wire::for_each_record(bytes_, *parts, [&](const Record& record, std::size_t at) {
            const auto kind = static_cast<BtfKind>(record.kind());
            if (kind != BtfKind::func && kind != BtfKind::var) return;
            const auto name = btf_wire::name_at(bytes_, *parts, record.name_offset);
            if (kind == BtfKind::func)
                repair_function(record, name, at);
            else
                repair_variable(name, at);
        });
        return std::move(bytes_);
    }

private:
    /// A function's linkage is its record's vlen.
    void repair_function(Record record, std::string_view name, std::size_t at) {
        if (name.empty()) {
            record.info = with_kind(record.info, BtfKind::ptr);
        } else if (record.vlen() == global && hidden_.contains(name)) {
            record.info = with_kind(record.info, BtfKind::func) | static_;
        }
        btf_wire::write(bytes_, at, record);
    }

    /// A variable's linkage follows its record.
    void repair_variable(std::string_view name, std::size_t at) {
        const auto linkage = at + sizeof(Record);
        if (btf_wire::read<std::uint32_t>(bytes_, linkage) != global) return;
        if (hidden_.contains(name)) btf_wire::write(bytes_, linkage, static_);
    }

    Bytes bytes_;
    std::unordered_set<std::string_view> hidden_;
};

}  // namespace

Bytes repaired_btf(ByteView raw, const ElfFile& elf) { return Repair(raw, elf).run(); }

}  // namespace bpftwin
