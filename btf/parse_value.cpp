// C initialisers as bytes: the inverse of btf/format_value.cpp. Nesting of braces follows the
// types, whose depth is bounded; memory is the value's, which is bounded here.
#include <charconv>
#include <cstring>
#include <limits>
#include <unordered_set>

#include "btf/format.h"
#include "btf/value.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

using namespace btf_value;

/// Largest value that is built from text.
constexpr std::uint64_t max_value_size = std::uint64_t{64} << 20;

/// Bytes that all ranges of one text may repeat: text may not cost much more than its value.
constexpr std::uint64_t max_repeated = 4 * max_value_size;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool ends_token(char c) { return is_space(c) || std::string_view(",}]=").contains(c); }

/// Text that is consumed from the front.
class Cursor {
public:
    explicit Cursor(std::string_view text) : rest_(text) {}

    char peek() {
        skip_space();
        return rest_.empty() ? '\0' : rest_.front();
    }
    [[nodiscard]] bool at_end() {
        skip_space();
        return rest_.empty();
    }
    /// Consumes `token` if it comes next.
    bool take(std::string_view token) {
        skip_space();
        if (!rest_.starts_with(token)) return false;
        rest_.remove_prefix(token.size());
        return true;
    }
    /// Consumes one character as it stands. There must be one.
    char character() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    /// Consumes what comes up to a separator.
    std::string_view word() {
        skip_space();
        return advance(std::ranges::find_if(rest_, ends_token) - rest_.begin());
    }
    /// Consumes a name: what comes up to a separator, '.' or '['.
    std::string_view name() {
        skip_space();
        const auto ends = [](char c) { return ends_token(c) || c == '.' || c == '['; };
        return advance(std::ranges::find_if(rest_, ends) - rest_.begin());
    }
    [[nodiscard]] std::string_view rest() const { return rest_; }
    /// What was consumed since the rest was `before`.
    [[nodiscard]] std::string_view since(std::string_view before) const {
        return before.substr(0, before.size() - rest_.size());
    }
    /// The next few characters, for messages.
    [[nodiscard]] std::string quote() {
        skip_space();
        if (rest_.empty()) return "the end";
        return fmt::format("'{}{}'", rest_.substr(0, 24), rest_.size() > 24 ? "..." : "");
    }

private:
    void skip_space() {
        while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
    }
    std::string_view advance(std::ptrdiff_t count) {
        const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(count));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view rest_;
};

/// A number as it is written. Bit patterns (0x…, 'c') may use all bits of a signed type.
struct Number {
    Wide magnitude = 0;
    bool negative = false;
    bool pattern = false;
};

std::optional<unsigned> digit(char c, unsigned base) {
    unsigned value = 99;
    if (c >= '0' && c <= '9') value = static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') value = static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') value = static_cast<unsigned>(c - 'A' + 10);
    return value < base ? std::optional(value) : std::nullopt;
}

std::optional<Number> number_of(std::string_view word) {
    Number number;
    number.negative = word.starts_with('-');
    if (number.negative) word.remove_prefix(1);
    number.pattern = word.starts_with("0x") || word.starts_with("0X");
    if (number.pattern) word.remove_prefix(2);
    if (word.empty()) return std::nullopt;
    const unsigned base = number.pattern ? 16 : 10;
    for (char c : word) {
        const auto value = digit(c, base);
        if (!value || number.magnitude > (~Wide{0} - *value) / base) return std::nullopt;
        number.magnitude = number.magnitude * base + *value;
    }
    return number;
}

Number number_of(const BtfEnumerator& enumerator, bool is_signed) {
    const bool negative = is_signed && enumerator.value >> 63 != 0;
    return {negative ? -enumerator.value : enumerator.value, negative};
}

/// Whether the number is one of `bits` bits.
bool fits(const Number& number, std::uint32_t bits, bool is_signed) {
    if (bits == 0) return number.magnitude == 0;
    const Wide half = Wide{1} << (bits - 1);
    if (number.negative) return is_signed ? number.magnitude <= half : number.magnitude == 0;
    if (is_signed && !number.pattern) return number.magnitude < half;
    return number.magnitude <= mask(bits);
}

Wide bits_of(const Number& number) {
    return number.negative ? -number.magnitude : number.magnitude;
}

/// Where a value goes: type, first bit, width if it is a bit field.
struct Place {
    std::uint32_t type;
    std::uint64_t bit;
    std::uint32_t bitfield_size = 0;
};

class ValueReader {
public:
    ValueReader(const Btf& btf, std::string_view text) : btf_(btf), cursor_(text) {}

    /// @param before what the value is now; shorter ones continue with zeros.
    Result<Bytes> read(std::uint32_t id, Bytes before) {
        const auto size = btf_.size_of(id);
        if (!size) return fail(fmt::format("{} has no values", name_of_type(id)));
        if (*size > max_value_size)
            return fail(fmt::format("{} is too large to be written as text", name_of_type(id)));
        out_ = std::move(before);
        out_.resize(*size);
        if (auto done = value({id, 0}); !done) return std::unexpected(done.error());
        if (!cursor_.at_end()) return unexpected("the end of the value");
        return std::move(out_);
    }

private:
    using Reader = Result<void> (ValueReader::*)(const BtfType&, Place);

    [[nodiscard]] std::string name_of_type(std::uint32_t id) const {
        return declaration(btf_, id, "");
    }

    /// An error: `wanted` should stand where the cursor is.
    std::unexpected<Error> unexpected(std::string_view wanted) {
        return fail(fmt::format("expected {}, found {}", wanted, cursor_.quote()));
    }

    Result<void> value(Place place) {
        if (btf_.kind(place.type) == BtfKind::var) place.type = btf_.type(place.type).type;
        if (cursor_.take("hex:")) return bytes(place);
        const BtfType& type = btf_.type(btf_.resolve(place.type));
        return (this->*reader_of(type.kind))(type, place);
    }

    static Reader reader_of(BtfKind kind) {
        if (is_aggregate(kind)) return &ValueReader::aggregate;
        if (kind == BtfKind::array) return &ValueReader::array;
        if (kind == BtfKind::datasec) return &ValueReader::section;
        if (kind == BtfKind::float_) return &ValueReader::floating;
        return &ValueReader::scalar;
    }

    /// `hex:` and two digits for each byte.
    Result<void> bytes(Place place) {
        const std::string_view digits = cursor_.word();
        const std::uint64_t size = btf_.size_of(place.type).value_or(0);
        if (place.bitfield_size != 0) return fail("a bit field cannot be given as bytes");
        if (digits.size() != size * 2)
            return fail(fmt::format("'hex:' needs {} digits for {}, found {}", size * 2,
                                    name_of_type(place.type), digits.size()));
        for (std::size_t i = 0; i < size; ++i) {
            const auto high = digit(digits[2 * i], 16), low = digit(digits[2 * i + 1], 16);
            if (!high || !low)
                return fail(fmt::format("'{}' is not a byte in hex", digits.substr(2 * i, 2)));
            out_[place.bit / 8 + i] = static_cast<std::byte>(*high << 4 | *low);
        }
        return {};
    }

    Result<void> scalar(const BtfType& type, Place place) {
        const auto range = scalar_range(type, btf_.size_of(place.type).value_or(0), place.bit,
                                        place.bitfield_size);
        const bool is_signed = type.kind == BtfKind::int_ ? type.is_signed : type.kind_flag;
        cursor_.peek();
        const std::string_view before = cursor_.rest();
        const auto number = scalar_number(type);
        if (!number) return std::unexpected(number.error());
        if (!fits(*number, range.bits, is_signed))
            return fail(fmt::format("'{}' does not fit {} ({} bits{})", cursor_.since(before),
                                    name_of_type(place.type), range.bits,
                                    is_signed ? ", signed" : ""));
        store(out_, range, bits_of(*number));
        return {};
    }

    Result<Number> scalar_number(const BtfType& type) {
        if (cursor_.peek() == '\'') return character();
        if (cursor_.at_end()) return unexpected("a value");
        const std::string_view word = cursor_.word();
        if (const auto number = number_of(word)) return *number;
        for (const BtfEnumerator& e : btf_.enumerators(type))
            if (e.name == word) return number_of(e, type.kind_flag);
        if (word == "true" || word == "false") return Number{word == "true"};
        return fail(fmt::format(
            "'{}' is not {}", word,
            is_enumeration(type.kind) ? "one of the enum's names, or a number" : "a number"));
    }

    Result<Number> character() {
        cursor_.take("'");
        const auto c = text_character('\'');
        if (!c) return std::unexpected(c.error());
        if (!cursor_.rest().starts_with('\'')) return unexpected("the closing quote");
        cursor_.take("'");
        return Number{*c, false, true};
    }

    Result<void> floating(const BtfType& type, Place place) {
        const std::string_view word = cursor_.word();
        if (type.size == sizeof(float)) return store_float<float>(word, place);
        if (type.size == sizeof(double)) return store_float<double>(word, place);
        return fail(fmt::format("a float of {} bytes can only be given as 'hex:'", type.size));
    }

    template <class T>
    Result<void> store_float(std::string_view word, Place place) {
        T number{};
        const auto [end, error] = std::from_chars(word.begin(), word.end(), number);
        if (error != std::errc{} || end != word.end())
            return fail(fmt::format("'{}' is not a floating-point number", word));
        std::memcpy(out_.data() + place.bit / 8, &number, sizeof number);
        return {};
    }

    /// One character of a text or character constant, with C's escapes.
    Result<unsigned char> text_character(char closing) {
        if (cursor_.rest().empty()) return unexpected(fmt::format("a closing {}", closing));
        const char c = cursor_.character();
        if (c != '\\') return static_cast<unsigned char>(c);
        if (cursor_.rest().empty()) return unexpected("an escaped character");
        const char escape = cursor_.character();
        static constexpr std::string_view letters = "ntr\\\"'abfv";
        static constexpr std::string_view meanings = "\n\t\r\\\"'\a\b\f\v";
        if (const auto at = letters.find(escape); at != letters.npos)
            return static_cast<unsigned char>(meanings[at]);
        if (escape == 'x') return coded_character(16, 2, 0);
        if (const auto first = digit(escape, 8)) return coded_character(8, 2, *first);
        return fail(fmt::format("'\\{}' is not an escape", escape));
    }

    /// At most `digits` more digits of a character's code.
    Result<unsigned char> coded_character(unsigned base, unsigned digits, unsigned code) {
        for (; digits != 0 && !cursor_.rest().empty(); --digits) {
            const auto value = digit(cursor_.rest().front(), base);
            if (!value) break;
            cursor_.character();
            code = code * base + *value;
        }
        if (code > 255) return fail(fmt::format("character code {} is beyond 255", code));
        return static_cast<unsigned char>(code);
    }

    Result<void> array(const BtfType& type, Place place) {
        const BtfType& element = btf_.type(btf_.resolve(type.type));
        const bool is_text = element.kind == BtfKind::int_ && element.size == 1;
        if (is_text && cursor_.peek() == '"') return text(type, place);
        if (!cursor_.take("{"))
            return unexpected(fmt::format("'{{' for {}", name_of_type(place.type)));
        std::uint64_t next = 0;
        while (!cursor_.take("}")) {
            if (auto done = elements(type, place, next); !done) return done;
            if (cursor_.peek() != '}' && !cursor_.take(",")) return unexpected("',' or '}'");
        }
        return {};
    }

    Result<void> text(const BtfType& type, Place place) {
        cursor_.take("\"");
        std::fill_n(out_.begin() + static_cast<std::ptrdiff_t>(place.bit / 8), type.count,
                    std::byte{0});
        for (std::uint64_t i = 0; !cursor_.rest().starts_with('"'); ++i) {
            const auto c = text_character('"');
            if (!c) return std::unexpected(c.error());
            if (i >= type.count)
                return fail(fmt::format("the text is longer than {}", name_of_type(place.type)));
            out_[place.bit / 8 + i] = static_cast<std::byte>(*c);
        }
        cursor_.take("\"");
        return {};
    }

    /// One item of an array: a value for the next element, or `[first ... last] = value`.
    Result<void> elements(const BtfType& type, Place place, std::uint64_t& next) {
        std::uint64_t first = next, last = next;
        if (cursor_.take("[")) {
            if (auto range = element_range(first, last); !range) return range;
        }
        if (last >= type.count)
            return fail(fmt::format("element {} is beyond {}", last, name_of_type(place.type)));
        const std::uint64_t size = btf_.size_of(type.type).value_or(0);
        const std::uint64_t begin = place.bit / 8;
        if (auto done = value({type.type, (begin + first * size) * 8}); !done)
            return std::unexpected(done.error().in(fmt::format("[{}]", first)));
        next = last + 1;
        repeated_ += (last - first) * size;
        if (repeated_ > max_repeated) return fail("the ranges repeat too much");
        for (std::uint64_t i = first + 1; size != 0 && i <= last; ++i)
            std::memcpy(&out_[begin + i * size], &out_[begin + first * size], size);
        return {};
    }

    /// What follows '[': `first ... last] =` or `first] =`.
    Result<void> element_range(std::uint64_t& first, std::uint64_t& last) {
        const std::string quote = cursor_.quote();
        const auto from = number_of(cursor_.name());
        auto to = from;
        if (cursor_.take("...")) to = number_of(cursor_.name());
        constexpr Wide limit = std::numeric_limits<std::uint32_t>::max();
        if (!from || !to || from->negative || from->magnitude > to->magnitude ||
            to->magnitude > limit)
            return fail(fmt::format("{} is not an index or range", quote));
        if (!cursor_.take("]")) return unexpected("']'");
        if (!cursor_.take("=")) return unexpected("'='");
        first = static_cast<std::uint64_t>(from->magnitude);
        last = static_cast<std::uint64_t>(to->magnitude);
        return {};
    }

    Result<void> aggregate(const BtfType& type, Place place) {
        return items(
            place,
            [&](std::size_t position) -> std::optional<Field> {
                const auto members = btf_.members(type);
                if (position >= members.size()) return std::nullopt;
                return field(members[position], position);
            },
            [&](std::string_view name) { return named_member(type, name); });
    }

    Result<void> section(const BtfType& type, Place place) {
        const auto vars = btf_.section_vars(type);
        for (const BtfSectionVar& var : vars)
            if (var.offset + btf_.size_of(var.type).value_or(0) > type.size)
                return fail(fmt::format("section {} has not been laid out", type.name));
        const auto at = [&](std::size_t position) -> std::optional<Field> {
            if (position >= vars.size()) return std::nullopt;
            const BtfSectionVar& var = vars[position];
            return Field{
                btf_.type(var.type).name, {var.type, std::uint64_t{var.offset} * 8}, position};
        };
        return items(place, at, [&](std::string_view name) -> std::optional<Field> {
            for (std::size_t i = 0; i < vars.size(); ++i)
                if (btf_.type(vars[i].type).name == name) return at(i);
            return std::nullopt;
        });
    }

    /// A member or variable; its place is relative to what it is in.
    struct Field {
        std::string_view name;
        Place place;
        std::size_t position;  ///< Among its siblings.
    };

    static Field field(const BtfMember& member, std::size_t position) {
        return {member.name, {member.type, member.bit_offset, member.bitfield_size}, position};
    }

    /// `{.name = value, value, …}`. `at` gives the field at a position, `named` that of a name.
    template <class At, class Named>
    Result<void> items(Place place, At at, Named named) {
        if (!cursor_.take("{"))
            return unexpected(fmt::format("'{{' for {}", name_of_type(place.type)));
        std::size_t next = 0;
        while (!cursor_.take("}")) {
            const auto chosen = cursor_.take(".") ? chosen_by_name(place, named)
                                                  : chosen_by_position(place, at, next);
            if (!chosen) return std::unexpected(chosen.error());
            if (auto done = value({chosen->place.type, place.bit + chosen->place.bit,
                                   chosen->place.bitfield_size});
                !done)
                return std::unexpected(done.error().in(fmt::format(".{}", chosen->name)));
            next = chosen->position + 1;
            if (cursor_.peek() != '}' && !cursor_.take(",")) return unexpected("',' or '}'");
        }
        return {};
    }

    template <class Named>
    Result<Field> chosen_by_name(Place place, Named named) {
        const std::string_view name = cursor_.name();
        const auto found = named(name);
        if (!found)
            return fail(fmt::format("{} has no field '{}'", name_of_type(place.type), name));
        if (!cursor_.take("=")) return unexpected(fmt::format("'=' after '.{}'", name));
        return *found;
    }

    template <class At>
    Result<Field> chosen_by_position(Place place, At at, std::size_t position) {
        if (const auto found = at(position)) return *found;
        return fail(fmt::format("{} has only {} fields", name_of_type(place.type), position));
    }

    /// The member of that name, also in anonymous aggregates inside.
    [[nodiscard]] std::optional<Field> named_member(const BtfType& type,
                                                    std::string_view name) const {
        std::unordered_set<const BtfType*> seen;
        return named_member(type, name, seen);
    }

    /// `seen` has the types that do not have it.
    std::optional<Field> named_member(const BtfType& type, std::string_view name,
                                      std::unordered_set<const BtfType*>& seen) const {
        if (!seen.insert(&type).second) return std::nullopt;
        const auto members = btf_.members(type);
        for (std::size_t i = 0; i < members.size(); ++i) {
            const BtfMember& member = members[i];
            if (!member.name.empty() && member.name == name) return field(member, i);
            const BtfType& inner = btf_.type(btf_.resolve(member.type));
            if (!member.name.empty() || !is_aggregate(inner.kind)) continue;
            if (auto found = named_member(inner, name, seen)) {
                found->place.bit += member.bit_offset;
                found->position = i;
                return found;
            }
        }
        return std::nullopt;
    }

    const Btf& btf_;
    Cursor cursor_;
    Bytes out_;
    std::uint64_t repeated_ = 0;  ///< Bytes copied for ranges of elements.
};

}  // namespace

Result<Bytes> parse_value(const Btf& btf, std::uint32_t type_id, std::string_view text) {
    return ValueReader(btf, text).read(type_id, {});
}

Result<Bytes> edit_value(const Btf& btf, std::uint32_t type_id, Bytes value,
                         std::string_view text) {
    return ValueReader(btf, text).read(type_id, std::move(value));
}

}  // namespace bpftwin
