// Bytes as a C initialiser (the kernel's btf_show functions do the same for its debug output). Work
// is bounded whatever the types are: a writer that has spent its budget only says so.
#include <cstring>
#include <iterator>
#include <utility>

#include "btf/format.h"
#include "btf/value.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

using namespace btf_value;

/// Bounds on one value's text: characters, values visited, elements of one array.
constexpr std::size_t max_text = 1 << 20;
constexpr std::size_t max_visits = 1 << 20;
constexpr std::uint64_t max_elements = 256;
constexpr std::uint64_t max_string = 4096;
/// Equal elements in a row that are worth a range.
constexpr std::uint64_t min_run = 4;

std::string escaped(unsigned char c) {
    switch (c) {
        case '\n': return "\\n";
        case '\t': return "\\t";
        case '\r': return "\\r";
        case '\\': return "\\\\";
        case '"': return "\\\"";
        default: break;
    }
    // Three octal digits: unlike hex escapes they end where they end.
    return c >= ' ' && c <= '~' ? std::string(1, static_cast<char>(c)) : fmt::format("\\{:03o}", c);
}

class ValueWriter {
public:
    ValueWriter(const Btf& btf, ByteView bytes) : btf_(btf), bytes_(bytes) {}

    std::string write(std::uint32_t id) {
        const auto size = btf_.size_of(id);
        if (!size) return hex(bytes_);
        size_ = *size;
        value(id, 0, 0);
        if (bytes_.size() > size_) put(" <{} bytes more>", bytes_.size() - size_);
        return std::move(out_);
    }

private:
    using Writer = void (ValueWriter::*)(const BtfType&, std::uint64_t, std::uint32_t);

    template <class... Args>
    void put(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    }

    static std::string hex(ByteView bytes) {
        std::string text = "hex:";
        for (std::byte b : bytes.first(std::min<std::size_t>(bytes.size(), max_string)))
            fmt::format_to(std::back_inserter(text), "{:02x}", std::to_integer<unsigned>(b));
        if (bytes.size() > max_string) text += "...";
        return text;
    }

    /// The value of type `id` that begins `bit` bits into the whole one.
    void value(std::uint32_t id, std::uint64_t bit, std::uint32_t bitfield_size) {
        if (stopped_) return;
        if (out_.size() > max_text || ++visits_ > max_visits) return stop("the rest is not shown");
        if (const BtfKind kind = btf_.kind(id); kind == BtfKind::var)
            return value(btf_.type(id).type, bit, bitfield_size);
        const BtfType& type = btf_.type(btf_.resolve(id));
        (this->*writer_of(type.kind))(type, bit, bitfield_size);
    }

    static Writer writer_of(BtfKind kind) {
        if (is_aggregate(kind)) return &ValueWriter::aggregate;
        if (is_enumeration(kind)) return &ValueWriter::enumeration;
        if (kind == BtfKind::int_) return &ValueWriter::integer;
        if (kind == BtfKind::array) return &ValueWriter::array;
        if (kind == BtfKind::float_) return &ValueWriter::floating;
        if (kind == BtfKind::ptr) return &ValueWriter::pointer;
        if (kind == BtfKind::datasec) return &ValueWriter::section;
        return &ValueWriter::nothing;
    }

    /// Ends the text; everything after it is left out.
    void stop(std::string_view why) {
        put("<{}>", why);
        stopped_ = true;
    }

    /// Whether the bytes up to `end` are there. If not, the text ends with how many are missing.
    bool reaches(std::uint64_t end) {
        if (end <= bytes_.size()) return true;
        stop(fmt::format("{} bytes missing", std::max(end, size_) - bytes_.size()));
        return false;
    }

    /// Whether there is anything to show of a value that begins at `bit`.
    bool begins(std::uint64_t bit, std::uint64_t size) {
        return size == 0 || bit / 8 < bytes_.size() || reaches(bit / 8 + size);
    }

    void integer(const BtfType& type, std::uint64_t bit, std::uint32_t bitfield_size) {
        const BitRange range = scalar_range(type, type.size, bit, bitfield_size);
        if (!reaches(range.end_byte())) return;
        const Wide number = load(bytes_, range);
        if (type.is_bool && number <= 1) return put("{}", number != 0);
        if (is_character(type) && number >= ' ' && number <= '~')
            return character(static_cast<char>(number));
        numeric(number, range.bits, type.is_signed && !type.is_bool);
    }

    void character(char c) {
        const bool special = c == '\'' || c == '\\';
        put("'{}{}'", special ? "\\" : "", c);
    }

    void numeric(Wide number, std::uint32_t bits, bool is_signed) {
        const SignedWide extended = sign_extend(number, bits);
        const auto low = static_cast<std::uint64_t>(number);
        if (is_signed && extended == static_cast<std::int64_t>(extended))
            put("{}", static_cast<std::int64_t>(extended));
        else if (number >> 64 != 0)
            put("0x{:x}{:016x}", static_cast<std::uint64_t>(number >> 64), low);
        else
            put("{}", low);
    }

    void enumeration(const BtfType& type, std::uint64_t bit, std::uint32_t bitfield_size) {
        const BitRange range = scalar_range(type, type.size, bit, bitfield_size);
        if (!reaches(range.end_byte())) return;
        const Wide number = load(bytes_, range);
        for (const BtfEnumerator& e : btf_.enumerators(type))
            if ((Wide{e.value} & mask(range.bits)) == number) return put("{}", e.name);
        numeric(number, range.bits, type.kind_flag);
    }

    void pointer(const BtfType& type, std::uint64_t bit, std::uint32_t bitfield_size) {
        const BitRange range = scalar_range(type, 8, bit, bitfield_size);
        if (reaches(range.end_byte()))
            put("{:#x}", static_cast<std::uint64_t>(load(bytes_, range)));
    }

    void floating(const BtfType& type, std::uint64_t bit, std::uint32_t) {
        if (!reaches(bit / 8 + type.size)) return;
        const ByteView bytes = bytes_.subspan(bit / 8, type.size);
        if (type.size == sizeof(float))
            put("{}", read<float>(bytes));
        else if (type.size == sizeof(double))
            put("{}", read<double>(bytes));
        else
            out_ += hex(bytes);
    }

    template <class T>
    static T read(ByteView bytes) {
        T value;
        std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }

    void aggregate(const BtfType& type, std::uint64_t bit, std::uint32_t) {
        if (!begins(bit, type.size)) return;
        out_ += '{';
        bool first = true;
        members(type, bit, first);
        out_ += '}';
    }

    /// The members of `type`; those of anonymous aggregates as if they were its own.
    void members(const BtfType& type, std::uint64_t bit, bool& first) {
        for (const BtfMember& m : btf_.members(type)) {
            if (stopped_ || ++visits_ > max_visits) return;
            const BtfType& inner = btf_.type(btf_.resolve(m.type));
            if (m.name.empty() && is_aggregate(inner.kind))
                members(inner, bit + m.bit_offset, first);
            else
                member(m.name, m.type, bit + m.bit_offset, m.bitfield_size, first);
        }
    }

    void member(std::string_view name, std::uint32_t id, std::uint64_t bit,
                std::uint32_t bitfield_size, bool& first) {
        if (!std::exchange(first, false)) out_ += ", ";
        if (!begins(bit, btf_.size_of(id).value_or(0))) return;
        if (!name.empty()) put(".{} = ", name);
        value(id, bit, bitfield_size);
    }

    void section(const BtfType& type, std::uint64_t bit, std::uint32_t) {
        if (!begins(bit, type.size)) return;
        out_ += '{';
        bool first = true;
        for (const BtfSectionVar& v : btf_.section_vars(type)) {
            if (stopped_) break;
            if (btf_.kind(v.type) == BtfKind::var)
                member(btf_.type(v.type).name, v.type, bit + std::uint64_t{v.offset} * 8, 0, first);
        }
        out_ += '}';
    }

    void array(const BtfType& type, std::uint64_t bit, std::uint32_t) {
        const std::uint64_t size = btf_.size_of(type.type).value_or(0);
        if (!begins(bit, size * type.count)) return;
        if (type.count != 0 && is_character(btf_.type(btf_.resolve(type.type))))
            return string(type, bit);
        out_ += '{';
        elements(type, bit, size);
        out_ += '}';
    }

    void elements(const BtfType& type, std::uint64_t bit, std::uint64_t size) {
        std::uint64_t shown = 0;
        for (std::uint64_t i = 0; i < type.count && !stopped_; ++shown) {
            if (i != 0) out_ += ", ";
            if (shown == max_elements) return put("<{} more elements>", type.count - i);
            const std::uint64_t run = run_at(bit / 8 + i * size, size, type.count - i);
            visits_ += run * size / 64;
            if (run >= min_run) put("[{} ... {}] = ", i, i + run - 1);
            value(type.type, bit + i * size * 8, 0);
            i += run >= min_run ? run : 1;
        }
    }

    /// How many of at most `count` elements of `size` bytes, from `begin` on, are equal.
    [[nodiscard]] std::uint64_t run_at(std::uint64_t begin, std::uint64_t size,
                                       std::uint64_t count) const {
        if (size == 0) return count;
        const auto element = [&](std::uint64_t i) {
            return bytes_.subspan(begin + i * size, size);
        };
        std::uint64_t run = 1;
        while (run < count && begin + (run + 1) * size <= bytes_.size() &&
               std::ranges::equal(element(0), element(run)))
            ++run;
        return run;
    }

    void string(const BtfType& type, std::uint64_t bit) {
        const std::uint64_t there = std::min<std::uint64_t>(type.count, bytes_.size() - bit / 8);
        ByteView text = bytes_.subspan(bit / 8, there);
        while (!text.empty() && text.back() == std::byte{0}) text = text.first(text.size() - 1);
        out_ += '"';
        for (std::byte b : text.first(std::min<std::size_t>(text.size(), max_string)))
            out_ += escaped(std::to_integer<unsigned char>(b));
        out_ += '"';
        if (text.size() > max_string) put(" <{} more characters>", text.size() - max_string);
        reaches(bit / 8 + type.count);
    }

    void nothing(const BtfType&, std::uint64_t, std::uint32_t) { out_ += "{}"; }

    const Btf& btf_;
    ByteView bytes_;
    std::uint64_t size_ = 0;  ///< Bytes the whole value should have.
    std::size_t visits_ = 0;
    bool stopped_ = false;
    std::string out_;
};

}  // namespace

std::string format_value(const Btf& btf, std::uint32_t type_id, ByteView value) {
    return ValueWriter(btf, value).write(type_id);
}

}  // namespace bpftwin
