#include "loader/btf_ext.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "fmt/format.h"

namespace bpftwin {
namespace {

constexpr std::uint16_t magic = 0xeb9f;
/// Linux BPF_CORE_SPEC_MAX_LEN is 64 numbers.
constexpr std::size_t longest_access = 512;

struct Header {
    std::uint16_t magic;
    std::uint8_t version;
    std::uint8_t flags;
    std::uint32_t header_len;
    std::uint32_t func_info_off, func_info_len;
    std::uint32_t line_info_off, line_info_len;
    std::uint32_t core_relo_off, core_relo_len;
};
constexpr std::size_t header_without_core = offsetof(Header, core_relo_off);

struct BlockHeader {
    std::uint32_t section_name_off;
    std::uint32_t count;
};

struct FuncRecord {
    std::uint32_t insn_off, type_id;
};
struct LineRecord {
    std::uint32_t insn_off, file_name_off, line_off, line_col;
};
struct CoreRecord {
    std::uint32_t insn_off, type_id, access_off, kind;
};

template <class T>
T read_at(ByteView bytes, std::size_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return value;
}

Result<Header> read_header(ByteView raw) {
    if (raw.size() < header_without_core) return fail("no room for the header");
    auto length = read_at<std::uint32_t>(raw, offsetof(Header, header_len));
    if (length < header_without_core || length > raw.size())
        return fail(fmt::format("header length {} is out of range", length));
    Header header{};
    std::memcpy(&header, raw.data(), std::min<std::size_t>(length, sizeof(header)));
    if (header.magic != magic) return fail(fmt::format("bad magic {:04x}", header.magic));
    if (header.version != 1) return fail(fmt::format("unknown version {}", header.version));
    if (length < sizeof(header)) header.core_relo_off = header.core_relo_len = 0;
    return header;
}

/// Appends the record to the section's list, or says what is wrong.
Result<void> add(InsnInfo& info, std::uint32_t insn, const FuncRecord& record, const Btf& btf) {
    if (btf.type(record.type_id).kind != BtfKind::func)
        return fail(fmt::format("type {} is not a function", record.type_id));
    info.functions.push_back({insn, record.type_id});
    return {};
}

Result<void> add(InsnInfo& info, std::uint32_t insn, const LineRecord& record, const Btf&) {
    info.lines.push_back({insn, record.file_name_off, record.line_off, record.line_col});
    return {};
}

Result<void> add(InsnInfo& info, std::uint32_t insn, const CoreRecord& record, const Btf& btf) {
    auto access = btf.string(record.access_off);
    if (access.size() > longest_access)
        return fail(fmt::format("access string of {} characters", access.size()));
    if (record.type_id >= btf.type_count())
        return fail(fmt::format("type {} does not exist", record.type_id));
    info.core.push_back(
        {insn, record.type_id, std::string(access), record.kind, record.access_off});
    return {};
}

/// One block of records for one section, of `size` bytes each: newer compilers may append fields.
std::vector<FuncInfo>& list_of(InsnInfo& info, const FuncRecord&) { return info.functions; }
std::vector<LineInfo>& list_of(InsnInfo& info, const LineRecord&) { return info.lines; }
std::vector<CoreRelocation>& list_of(InsnInfo& info, const CoreRecord&) { return info.core; }

template <class Record>
Result<void> read_block(ByteView records, std::uint32_t size, InsnInfo& info, const Btf& btf) {
    auto& list = list_of(info, Record{});
    list.reserve(list.size() + records.size() / size);
    for (std::size_t offset = 0; offset < records.size(); offset += size) {
        auto record = read_at<Record>(records, offset);
        if (record.insn_off % sizeof(Insn) != 0)
            return fail(fmt::format("offset {} is not at an instruction", record.insn_off));
        std::uint32_t insn = record.insn_off / sizeof(Insn);
        if (auto added = add(info, insn, record, btf); !added)
            return std::unexpected(added.error().in(fmt::format("insn {}", insn)));
    }
    return {};
}

template <class Record>
Result<void> read_blocks(ByteView part, const Btf& btf, BtfExt& result) {
    if (part.empty()) return {};
    if (part.size() < sizeof(std::uint32_t)) return fail("no room for the record size");
    auto size = read_at<std::uint32_t>(part, 0);
    if (size < sizeof(Record) || size % 4 != 0)
        return fail(fmt::format("bad record size {}", size));
    part = part.subspan(sizeof(size));
    while (!part.empty()) {
        if (part.size() < sizeof(BlockHeader)) return fail("no room for a section's header");
        auto header = read_at<BlockHeader>(part, 0);
        part = part.subspan(sizeof(header));
        auto bytes = std::uint64_t{header.count} * size;
        auto section = btf.string(header.section_name_off);
        if (bytes > part.size())
            return fail(fmt::format("section {}: no room for {} records", section, header.count));
        auto done = read_block<Record>(part.first(bytes), size, result[section], btf);
        if (!done) return std::unexpected(done.error().in(fmt::format("section {}", section)));
        part = part.subspan(bytes);
    }
    return {};
}

Result<ByteView> part_of(ByteView body, std::uint32_t offset, std::uint32_t length) {
    if (offset > body.size() || length > body.size() - offset)
        return fail(fmt::format("{} bytes at {} leave the section", length, offset));
    return body.subspan(offset, length);
}

/// One of the three parts: where its blocks stand in what follows the header.
struct Part {
    const char* name;
    std::uint32_t offset, length;
};

template <class Record>
Result<void> read_part(ByteView body, const Part& part, const Btf& btf, BtfExt& result) {
    auto bytes = part_of(body, part.offset, part.length);
    if (!bytes) return std::unexpected(bytes.error().in(part.name));
    auto blocks = read_blocks<Record>(*bytes, btf, result);
    if (!blocks) return std::unexpected(blocks.error().in(part.name));
    return {};
}

/// Sorted by instruction; of several records for one, which the kernel would refuse, any.
template <class T>
void order(std::vector<T>& records) {
    // Compilers write them in order, which need not be repeated.
    if (!std::ranges::is_sorted(records, {}, &T::insn)) std::ranges::sort(records, {}, &T::insn);
    auto repeated = std::ranges::unique(records, {}, &T::insn);
    records.erase(repeated.begin(), repeated.end());
}

template <class T>
void copy(const std::vector<T>& records, const InsnRange& range, std::vector<T>& to) {
    const auto from = std::ranges::lower_bound(records, range.first, {}, &T::insn);
    const auto end = std::ranges::lower_bound(records, range.end, {}, &T::insn);
    auto at = to.insert(to.end(), from, end);
    for (; at != to.end(); ++at) at->insn = at->insn - range.first + range.base;
}

template <class T>
bool has(const std::vector<T>& records, const InsnRange& range) {
    const auto from = std::ranges::lower_bound(records, range.first, {}, &T::insn);
    return from != records.end() && from->insn < range.end;
}

}  // namespace

bool InsnInfo::has_functions(const InsnRange& range) const { return has(functions, range); }
bool InsnInfo::has_lines(const InsnRange& range) const { return has(lines, range); }

void InsnInfo::copy_functions(const InsnRange& range, std::vector<FuncInfo>& to) const {
    copy(functions, range, to);
}
void InsnInfo::copy_lines(const InsnRange& range, std::vector<LineInfo>& to) const {
    copy(lines, range, to);
}
void InsnInfo::copy_core(const InsnRange& range, std::vector<CoreRelocation>& to) const {
    copy(core, range, to);
}

Result<BtfExt> parse_btf_ext(ByteView raw, const Btf& btf) {
    auto header = read_header(raw);
    if (!header) return std::unexpected(header.error());
    auto body = raw.subspan(header->header_len);
    BtfExt result;
    Part func_info{"func info", header->func_info_off, header->func_info_len};
    Part line_info{"line info", header->line_info_off, header->line_info_len};
    Part core{"CO-RE relocations", header->core_relo_off, header->core_relo_len};
    auto read = read_part<FuncRecord>(body, func_info, btf, result);
    if (read) read = read_part<LineRecord>(body, line_info, btf, result);
    if (read) read = read_part<CoreRecord>(body, core, btf, result);
    if (!read) return std::unexpected(read.error());
    for (auto& [section, info] : result) {
        order(info.functions);
        order(info.lines);
        order(info.core);
    }
    return result;
}

}  // namespace bpftwin
