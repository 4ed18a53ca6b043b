#include "loader/btf_repair.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_set>

#include "btf/wire.h"

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

template <class T>
void write(Bytes& bytes, std::size_t offset, const T& value) {
    std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

class Repair {
public:
    Repair(ByteView raw, const ElfFile& elf) : bytes_(raw.begin(), raw.end()) {
        for (const auto& symbol : elf.symbols())
            if (symbol.is_hidden()) hidden_.insert(symbol.name);
    }

    Bytes run() {
        if (!find_parts()) return std::move(bytes_);
        for (std::size_t at = begin_; at + sizeof(Record) <= end_;) {
            auto record = btf_wire::read<Record>(bytes_, at);
            if (record.kind() >= btf_wire::kind_rules.size()) break;
            if (btf_wire::length_of(record) > end_ - at) break;
            repair(record, at);
            at += btf_wire::length_of(record);
        }
        return std::move(bytes_);
    }

private:
    bool find_parts() {
        if (bytes_.size() < sizeof(btf_wire::Header)) return false;
        auto header = btf_wire::read<btf_wire::Header>(bytes_, 0);
        begin_ = header.header_length;
        end_ = begin_ + header.type_length;
        strings_ = begin_ + header.string_offset;
        strings_end_ = strings_ + header.string_length;
        return std::max(end_, strings_end_) <= bytes_.size();
    }

    [[nodiscard]] std::string_view name_of(const Record& record) const {
        auto at = strings_ + record.name_offset;
        if (at >= strings_end_) return {};
        auto size = std::min(strings_end_ - at, btf_wire::max_name_length + 1);
        const auto* text = reinterpret_cast<const char*>(bytes_.data() + at);
        return {text, strnlen(text, size)};
    }

    void repair(Record record, std::size_t at) {
        auto kind = static_cast<BtfKind>(record.kind());
        if (kind == BtfKind::func) repair_function(record, at);
        if (kind == BtfKind::var) repair_variable(record, at);
    }

    /// A function's linkage is its record's vlen.
    void repair_function(Record record, std::size_t at) {
        auto name = name_of(record);
        if (name.empty()) {
            record.info = with_kind(record.info, BtfKind::ptr);
        } else if (record.vlen() == global && hidden_.contains(name)) {
            record.info = with_kind(record.info, BtfKind::func) | static_;
        }
        write(bytes_, at, record);
    }

    /// A variable's linkage follows its record.
    void repair_variable(const Record& record, std::size_t at) {
        auto linkage = at + sizeof(Record);
        if (btf_wire::read<std::uint32_t>(bytes_, linkage) != global) return;
        if (hidden_.contains(name_of(record))) write(bytes_, linkage, static_);
    }

    Bytes bytes_;
    std::unordered_set<std::string_view> hidden_;
    std::size_t begin_ = 0, end_ = 0;
    std::size_t strings_ = 0, strings_end_ = 0;
};

}  // namespace

Bytes repaired_btf(ByteView raw, const ElfFile& elf) { return Repair(raw, elf).run(); }

}  // namespace bpftwin
