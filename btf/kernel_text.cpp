#include "btf/kernel_text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "fmt/format.h"

namespace bpftwin {
namespace {

constexpr unsigned most_steps = 10;            // BTF_SHOW_MAX_ITER.
constexpr std::size_t name_room = 80;          // BTF_SHOW_NAME_SIZE.
constexpr std::size_t window_size = 32;        // BTF_SHOW_OBJ_SAFE_SIZE.
constexpr std::size_t largest_base_type = 16;  // BTF_SHOW_OBJ_BASE_TYPE_SIZE.
constexpr std::size_t deepest_indent = 32;
constexpr std::uint64_t most_text = 16U << 20;
constexpr std::uint64_t most_values = 4U << 20;

/// One value. State that outlives its purpose (`in_array_`, `array_has_text_`) does so in the
/// kernel too, and shows in what it writes.
class KernelWriter {
public:
    KernelWriter(const Btf& btf, const KernelTextStyle& style, const ReadMemory& read,
                 std::size_t room)
        : btf_(&btf), style_(style), read_(&read), room_(room) {}

    KernelText write(std::uint32_t id, std::uint64_t address) && {
        show(id, address, 0);
        return {std::move(text_), length_, error_};
    }

private:
    void show(std::uint32_t id, std::uint64_t address, unsigned bit_offset) {
        const BtfType& type = btf_->type(btf_->resolve(id));
        if (is_enough()) return;
        ++values_;
        switch (type.kind) {
            case BtfKind::int_: return show_int(type, id, address, bit_offset);
            case BtfKind::ptr: return show_pointer(type, id, address);
            case BtfKind::enum_:
            case BtfKind::enum64: return show_enum(type, id, address);
            case BtfKind::array:
            case BtfKind::struct_:
            case BtfKind::union_: return show_if_not_zero(type, id, address);
            case BtfKind::var: return show(type.type, address, bit_offset);
            case BtfKind::datasec: return show_section(type, id, address);
            default: put(fmt::format("<unsupported kind:{}>", static_cast<unsigned>(type.kind)));
        }
    }

    /// Aggregates inside of others are left out where nothing in them is to be shown, which a walk
    /// that writes nothing finds out.
    void show_if_not_zero(const BtfType& type, std::uint32_t id, std::uint64_t address) {
        if (depth_ > 0 && !style_.zeros) {
            const auto member = member_;
            if (silent_from_ == 0) {
                silent_from_ = depth_ + 1;
                deepest_shown_ = 0;
            }
            show_aggregate(type, id, address);
            member_ = member;
            if (silent_from_ != depth_ + 1) return;
            silent_from_ = 0;
            if (deepest_shown_ <= depth_) return;
        }
        show_aggregate(type, id, address);
    }

    void show_aggregate(const BtfType& type, std::uint32_t id, std::uint64_t address) {
        if (type.kind == BtfKind::array)
            show_array(type, id, address);
        else
            show_struct(type, id, address);
    }

    void show_struct(const BtfType& type, std::uint32_t id, std::uint64_t address) {
        if (!open(id, address)) return;
        for (const BtfMember& member : btf_->members(type)) {
            member_ = member;
            const std::uint64_t at = address + member.bit_offset / 8;
            if (member.bitfield_size != 0)
                show_bit_field(member, at);
            else
                show(member.type, at, member.bit_offset % 8);
            member_.reset();
        }
        close("}");
    }

    void show_bit_field(const BtfMember& member, std::uint64_t at) {
        if (start(member.type, at)) show_bits(at, member.bit_offset % 8, member.bitfield_size);
        end();
    }

    void show_array(const BtfType& type, std::uint32_t id, std::uint64_t address) {
        const BtfType& element = btf_->type(btf_->resolve(type.type));
        array_has_text_ = element.kind == BtfKind::int_ && (element.size == 1 || element.is_char);
        text_ended_ = false;
        if (!open(id, address)) return;
        const bool has_size = element.kind != BtfKind::ptr && element.kind != BtfKind::array;
        const std::uint64_t step = has_size ? element.size : 0;
        for (std::uint32_t i = 0; i < type.count && !is_enough(); ++i) {
            in_array_ = true;
            member_.reset();
            show(type.type, address + i * step, 0);
            in_array_ = false;
            member_.reset();
            if (text_ended_) break;
        }
        array_has_text_ = text_ended_ = false;
        close("]");
    }

    void show_section(const BtfType& type, std::uint32_t id, std::uint64_t address) {
        if (!start(id, address)) return;
        value(fmt::format("section (\"{}\") = {{", type.name), false);
        bool is_first = true;
        for (const BtfSectionVar& var : btf_->section_vars(type)) {
            if (!std::exchange(is_first, false)) put(",");
            show(var.type, address + var.offset, 0);
        }
        end();
    }

    void show_int(const BtfType& type, std::uint32_t id, std::uint64_t address,
                  unsigned bit_offset) {
        if (!start(id, address)) return;
        const unsigned bits = type.bits;
        const bool is_plain = bit_offset == 0 && type.bit_offset == 0 &&
                              (bits == 8 || bits == 16 || bits == 32 || bits == 64);
        if (bits == 128 && bit_offset == 0 && type.bit_offset == 0)
            show_wide(word(address), word(address + 8));
        else if (!is_plain)
            show_bits(address + (bit_offset + type.bit_offset) / 8,
                      (bit_offset + type.bit_offset) % 8, bits);
        else if (bits != 8 || !array_has_text_ || !show_character(address))
            show_number(number(address, bits), bits, type.is_signed);
        end();
    }

    /// @return whether the byte is all said: a character, or behind the text's end.
    bool show_character(std::uint64_t address) {
        const auto byte = static_cast<unsigned char>(number(address, 8));
        text_ended_ |= byte == 0;
        if (text_ended_) return true;
        if (byte < ' ' || (byte > '~' && byte < 0xa0)) return false;  // As the kernel's isprint.
        value(fmt::format("'{}'", static_cast<char>(byte)), false);
        return true;
    }

    void show_number(std::uint64_t number, unsigned bits, bool is_signed) {
        const auto extended = static_cast<std::int64_t>(number << (64 - bits)) >> (64 - bits);
        value(is_signed ? fmt::to_string(extended) : fmt::to_string(number), number == 0);
    }

    void show_bits(std::uint64_t address, unsigned offset, unsigned width) {
        __uint128_t bits = __uint128_t{word(address + 8)} << 64 | word(address);
        width = std::min(width, 128 - offset);
        bits = width == 0 ? 0 : bits << (128 - offset - width) >> (128 - width);
        show_wide(static_cast<std::uint64_t>(bits), static_cast<std::uint64_t>(bits >> 64));
    }

    void show_wide(std::uint64_t low, std::uint64_t high) {
        if (high == 0)
            value(fmt::format("{:#x}", low), low == 0);
        else
            value(fmt::format("{:#x}{:016x}", high, low), false);
    }

    void show_pointer(const BtfType&, std::uint32_t id, std::uint64_t address) {
        if (!start(id, address)) return;
        const std::uint64_t pointer = word(address);
        const std::uint64_t shown = style_.raw_pointers ? pointer : pointer & 0xffffffff;
        value(fmt::format("0x{:016x}", shown), pointer == 0);
        end();
    }

    void show_enum(const BtfType& type, std::uint32_t id, std::uint64_t address) {
        if (!start(id, address)) return;
        const bool is_wide = type.kind == BtfKind::enum64;
        const unsigned bits = is_wide ? 64 : 32;
        const std::uint64_t mask = is_wide ? ~std::uint64_t{0} : 0xffffffff;
        const std::uint64_t found = number(address, bits);
        for (const BtfEnumerator& enumerator : btf_->enumerators(type)) {
            if ((enumerator.value & mask) != found) continue;
            value(enumerator.name, false);
            return end();
        }
        show_number(found, bits, type.kind_flag);
        end();
    }

    /// Makes the value at an address readable through `word` and `number`.
    bool start(std::uint32_t id, std::uint64_t address) {
        type_ = id;
        const auto size = btf_->size_of(btf_->resolve(id));
        if (!size) {
            error_ = EINVAL;
            return false;
        }
        if (depth_ == 0) {
            object_ = address;
            object_size_ = *size;
            window_.reset();
        }
        const std::uint64_t needed = std::min<std::uint64_t>(*size, largest_base_type);
        if (window_ && address >= *window_ && address + needed < *window_ + window_size)
            return true;
        const auto left = static_cast<std::int64_t>(object_ + object_size_ - address);
        bytes_.fill(std::byte{0});
        const std::size_t wanted =
            static_cast<std::size_t>(std::clamp<std::int64_t>(left, 0, std::int64_t{window_size}));
        error_ = (*read_)(bytes_.data(), address, wanted);
        if (error_ == 0) window_ = address;
        return error_ == 0;
    }
    void end() { type_ = 0; }

    bool open(std::uint32_t id, std::uint64_t address) {
        if (!start(id, address)) return false;
        put(fmt::format("{}{}{}", indent(), name(), newline()));
        ++depth_;
        return true;
    }
    void close(std::string_view bracket) {
        --depth_;
        put(fmt::format("{}{}{}{}", indent(), bracket, delimiter(), newline()));
        end();
    }

    [[nodiscard]] std::uint64_t word(std::uint64_t address) const {
        std::uint64_t word = 0;
        const std::uint64_t at = address - *window_;
        if (at < window_size)
            std::memcpy(&word, &bytes_[at], std::min<std::size_t>(8, bytes_.size() - at));
        return word;
    }
    [[nodiscard]] std::uint64_t number(std::uint64_t address, unsigned bits) const {
        return word(address) << (64 - bits) >> (64 - bits);
    }

    void value(std::string_view text, bool is_zero) {
        if (is_zero && !style_.zeros && depth_ > 0) return;
        put(fmt::format("{}{}{}{}{}", indent(), name(), text, delimiter(), newline()));
        deepest_shown_ = std::max(deepest_shown_, depth_);
    }

    /// Whether what follows is left out, so that a program's arrays cannot keep us for long.
    [[nodiscard]] bool is_enough() const { return length_ > most_text || values_ > most_values; }

    void put(std::string_view text) {
        if (silent_from_ != 0) return;
        length_ += text.size();
        text_ += text.substr(0, room_ - std::min(room_, text_.size()));
    }

    [[nodiscard]] std::string indent() const {
        return style_.compact ? ""
                              : std::string(std::min<std::size_t>(depth_, deepest_indent), ' ');
    }
    [[nodiscard]] std::string_view newline() const { return style_.compact ? "" : "\n"; }
    [[nodiscard]] std::string_view delimiter() const {
        if (depth_ == 0) return "";
        const bool is_union = btf_->kind(btf_->resolve(type_)) == BtfKind::union_;
        return style_.compact && is_union ? "|" : ",";
    }

    /// ".member = (struct name *[])" and the bracket that follows, as btf_show_name has it: const
    /// and the like have no name of their own, and long names are cut.
    [[nodiscard]] std::string name() const {
        if (in_array_) return "";
        const std::uint32_t first = member_ ? member_->type : type_;
        std::optional<std::string_view> found;
        std::string stars;
        std::string brackets;
        bool is_typedef = false;
        const BtfType* type = &btf_->type(first);
        unsigned steps = 0;
        for (; steps < most_steps; ++steps) {
            if (type->kind == BtfKind::typedef_) {
                is_typedef = true;
                if (!found) found = type->name;
            } else if (type->kind == BtfKind::array) {
                brackets += "[]";
            } else if (type->kind == BtfKind::ptr) {
                stars += '*';
            } else {
                break;
            }
            if (type->type == 0) {
                type = &btf_->type(0);
                break;
            }
            type = &btf_->type(without_qualifiers(type->type));
        }
        if (steps == most_steps) return "";
        const std::string_view bracket = !stars.empty()             ? ""
                                         : !brackets.empty()        ? "["
                                         : is_aggregate(type->kind) ? "{"
                                                                    : "";
        if (style_.no_names) return std::string(bracket);
        const std::string_view keyword =
            is_typedef || type->kind == BtfKind::fwd ? "" : keyword_of(*type);
        const std::string_view plain = found.value_or(type->name);
        std::string text;
        if (member_ && !member_->name.empty()) text = fmt::format(".{} = ", member_->name);
        text +=
            fmt::format("({}{}{}{}{}{}){}", keyword, keyword.empty() || plain.empty() ? "" : " ",
                        plain, stars.empty() ? "" : " ", stars, brackets, bracket);
        return text.substr(0, name_room - 1);
    }

    [[nodiscard]] std::uint32_t without_qualifiers(std::uint32_t id) const {
        while (is_modifier(btf_->kind(id)) && btf_->kind(id) != BtfKind::typedef_)
            id = btf_->type(id).type;
        return id;
    }

    const Btf* btf_;
    KernelTextStyle style_;
    const ReadMemory* read_;
    std::size_t room_;
    std::string text_;
    std::uint64_t length_ = 0;
    std::uint64_t values_ = 0;
    int error_ = 0;

    std::uint32_t depth_ = 0;
    std::uint32_t silent_from_ = 0;    ///< 0: what is put is written.
    std::uint32_t deepest_shown_ = 0;  ///< Depth of the deepest value that was to be shown.
    std::uint32_t type_ = 0;           ///< Of what is being shown.
    std::optional<BtfMember> member_;
    bool in_array_ = false;
    bool array_has_text_ = false;
    bool text_ended_ = false;

    std::uint64_t object_ = 0;
    std::uint64_t object_size_ = 0;
    std::optional<std::uint64_t> window_;  ///< Address of `bytes_`.
    std::array<std::byte, window_size> bytes_{};
};

}  // namespace

KernelText kernel_text(const Btf& btf, std::uint32_t type_id, std::uint64_t address,
                       const KernelTextStyle& style, const ReadMemory& read, std::size_t room) {
    return KernelWriter(btf, style, read, room).write(type_id, address);
}

}  // namespace bpftwin
