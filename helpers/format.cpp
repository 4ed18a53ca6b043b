// Printing happens in two steps, as in the kernel, because programs can see the seam: arguments are
// first packed into 512 bytes, strings copied and IP addresses already printed, and an IP address
// that begins behind the end of the output leaves its bytes to the next specifier.
#include "helpers/format.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <vector>

#include "fmt/format.h"
#include "helpers/format_spec.h"
#include "helpers/probe.h"
#include "vm/runtime.h"

namespace bpftwin {
namespace {

using Spec = FormatPiece::Spec;

constexpr std::size_t packed_size = 512;  // MAX_BPRINTF_BIN_ARGS.

constexpr std::size_t align4(std::size_t offset) { return (offset + 3) & ~std::size_t{3}; }

std::string ipv4_text(std::span<const std::uint8_t, 16> ip, bool padded) {
    if (padded) return fmt::format("{:03}.{:03}.{:03}.{:03}", ip[0], ip[1], ip[2], ip[3]);
    return fmt::format("{}.{}.{}.{}", ip[0], ip[1], ip[2], ip[3]);
}

std::string ipv6_text(std::span<const std::uint8_t, 16> ip, bool colons) {
    std::string text;
    for (std::size_t i = 0; i < 16; ++i) {
        if (colons && i != 0 && i % 2 == 0) text += ':';
        text += fmt::format("{:02x}", ip[i]);
    }
    return text;
}

/// The first step: arguments to bytes.
class Packer {
public:
    explicit Packer(Runtime& runtime) : runtime_(&runtime) {}

    /// @return 0 or -ENOSPC.
    int pack(const Spec& spec, std::uint64_t arg);
    [[nodiscard]] const std::array<char, packed_size>& bytes() const { return bytes_; }

private:
    int pack_number(std::uint64_t value, std::size_t size);
    int pack_character(std::uint64_t value);
    int pack_copied_string(std::uint64_t address);
    int pack_text(std::string_view text);
    int pack_ip(const Spec& spec, std::uint64_t address);
    [[nodiscard]] std::size_t room() const { return packed_size - used_; }

    Runtime* runtime_;
    std::array<char, packed_size> bytes_{};
    std::size_t used_ = 0;
};

int Packer::pack(const Spec& spec, std::uint64_t arg) {
    switch (spec.conversion) {
        case Conversion::integer: return pack_number(arg, spec.wide ? 8 : 4);
        case Conversion::character: return pack_character(arg);
        case Conversion::text:
        case Conversion::bare_text: return pack_copied_string(arg);
        case Conversion::pointer:
        case Conversion::address:
        case Conversion::symbol: return pack_number(arg, 8);
        case Conversion::backtrace: return pack_text(fmt::format("{:#x}", arg));
        case Conversion::ip: return pack_ip(spec, arg);
    }
    bug("conversion out of range");
}

int Packer::pack_number(std::uint64_t value, std::size_t size) {
    used_ = align4(used_);
    if (room() < size) return -ENOSPC;
    std::memcpy(&bytes_[used_], &value, size);
    used_ += size;
    return 0;
}

int Packer::pack_character(std::uint64_t value) {
    if (room() == 0) return -ENOSPC;
    bytes_[used_++] = static_cast<char>(value);
    return 0;
}

int Packer::pack_copied_string(std::uint64_t address) {
    if (room() == 0) return -ENOSPC;
    const long copied = probe_read_string(*runtime_, &bytes_[used_], address, room());
    if (copied < 0) bytes_[used_] = '\0';
    used_ += copied < 0 ? 1 : static_cast<std::size_t>(copied);
    return 0;
}

// Cuts the text off where the room ends, as the kernel's snprintf does.
int Packer::pack_text(std::string_view text) {
    if (room() == 0) return -ENOSPC;
    text = text.substr(0, room() - 1);
    std::ranges::copy(text, &bytes_[used_]);
    used_ += text.size() + 1;
    return 0;
}

int Packer::pack_ip(const Spec& spec, std::uint64_t address) {
    std::array<std::uint8_t, 16> ip{};
    const std::size_t size = spec.wide ? 16 : 4;
    if (room() < size) return -ENOSPC;
    runtime_->probe_read(ip.data(), address, size);
    return pack_text(spec.wide ? ipv6_text(ip, spec.letter == 'I')
                               : ipv4_text(ip, spec.letter == 'i'));
}

/// The packed arguments as the second step takes them. Reads zeros behind the end.
class Unpacker {
public:
    explicit Unpacker(const std::array<char, packed_size>& bytes) : bytes_(bytes) {}

    std::uint64_t number(std::size_t size) {
        at_ = align4(at_);
        std::uint64_t value = 0;
        if (at_ + size <= packed_size) std::memcpy(&value, &bytes_[at_], size);
        at_ += size;
        return value;
    }
    char character() { return at_ < packed_size ? bytes_[at_++] : '\0'; }
    std::string_view string() {
        const std::string_view rest(bytes_.data() + std::min(at_, packed_size),
                                    packed_size - std::min(at_, packed_size));
        const std::string_view text = rest.substr(0, rest.find('\0'));
        at_ += text.size() + 1;
        return text;
    }

private:
    const std::array<char, packed_size>& bytes_;
    std::size_t at_ = 0;
};

/// Output of limited size that counts what it has no room for.
class Output {
public:
    explicit Output(std::span<char> out) : out_(out) {}

    void add(std::string_view text) {
        const std::size_t copied = std::min(text.size(), room());
        std::copy_n(text.begin(), copied, out_.data() + std::min(length_, out_.size()));
        length_ += text.size();
    }
    void fill(char c, std::size_t count) {
        std::fill_n(out_.data() + std::min(length_, out_.size()), std::min(count, room()), c);
        length_ += count;
    }
    [[nodiscard]] bool full() const { return length_ >= out_.size(); }
    long terminate() {
        if (!out_.empty()) out_[std::min(length_, out_.size() - 1)] = '\0';
        return static_cast<int>(length_);
    }

private:
    [[nodiscard]] std::size_t room() const { return full() ? 0 : out_.size() - length_; }

    std::span<char> out_;
    std::size_t length_ = 0;
};

/// The second step: packed arguments to text.
class Printer {
public:
    Printer(const Packer& packed, std::span<char> out) : args_(packed.bytes()), out_(out) {}

    void print(const FormatPiece& piece);
    long finish() { return out_.terminate(); }

private:
    void print(const Spec& spec);
    void integer(const Spec& spec);
    void pointer(const Spec& spec, std::uint64_t value);
    void padded(const Spec& spec, std::string_view text);
    void number(const Spec& spec, std::string_view sign, std::string_view digits);
    void prepared_text();

    Unpacker args_;
    Output out_;
};

void Printer::print(const FormatPiece& piece) {
    out_.add(piece.text);
    if (piece.percent) out_.add("%");
    if (piece.spec) print(*piece.spec);
}

void Printer::print(const Spec& spec) {
    switch (spec.conversion) {
        case Conversion::integer: return integer(spec);
        case Conversion::character: {
            const char c = args_.character();
            return padded(spec, {&c, 1});
        }
        case Conversion::text: return padded(spec, args_.string());
        case Conversion::pointer:
        case Conversion::address: return pointer(spec, args_.number(8));
        case Conversion::symbol: return padded(spec, fmt::format("{:#x}", args_.number(8)));
        case Conversion::bare_text:
        case Conversion::backtrace:
        case Conversion::ip: return prepared_text();
    }
}

// What was printed in the first step is not even looked at once the output is full.
void Printer::prepared_text() {
    if (!out_.full()) out_.add(args_.string());
}

std::size_t missing(const Spec& spec, std::size_t length) {
    if (spec.width < 0) return 0;
    const auto width = static_cast<std::size_t>(spec.width);
    return width > length ? width - length : 0;
}

void Printer::padded(const Spec& spec, std::string_view text) {
    const std::size_t padding = missing(spec, text.size());
    if (!spec.left) out_.fill(' ', padding);
    out_.add(text);
    if (spec.left) out_.fill(' ', padding);
}

std::string_view sign_of(const Spec& spec, bool negative) {
    if (negative) return "-";
    if (spec.plus) return "+";
    return spec.space ? " " : "";
}

void Printer::integer(const Spec& spec) {
    const std::uint64_t value = args_.number(spec.wide ? 8 : 4);
    if (spec.letter == 'x') return number(spec, "", fmt::format("{:x}", value));
    if (spec.letter == 'X') return number(spec, "", fmt::format("{:X}", value));
    if (spec.letter == 'u') return number(spec, "", fmt::format("{}", value));
    const std::int64_t number_value =
        spec.wide ? static_cast<std::int64_t>(value) : static_cast<std::int32_t>(value);
    const bool negative = number_value < 0;
    const std::uint64_t magnitude = static_cast<std::uint64_t>(number_value);
    number(spec, sign_of(spec, negative), fmt::format("{}", negative ? -magnitude : magnitude));
}

void Printer::number(const Spec& spec, std::string_view sign, std::string_view digits) {
    const std::size_t padding = missing(spec, sign.size() + digits.size());
    const bool zeros = spec.zero_pad && !spec.left;
    if (!zeros && !spec.left) out_.fill(' ', padding);
    out_.add(sign);
    if (zeros) out_.fill('0', padding);
    out_.add(digits);
    if (spec.left) out_.fill(' ', padding);
}

// Kernel: siphash with a secret key, 32 bits of it.
std::uint64_t hidden(std::uint64_t pointer) {
    const std::uint64_t mixed = (pointer ^ (pointer >> 32)) * 0x9e3779b97f4a7c15;
    return (mixed ^ (mixed >> 29)) & 0xffff'ffff;
}

bool is_null_or_error(std::uint64_t pointer) {
    constexpr std::uint64_t first_error = -std::uint64_t{4095};  // MAX_ERRNO.
    return pointer == 0 || pointer >= first_error;
}

void Printer::pointer(const Spec& spec, std::uint64_t value) {
    const bool shown = spec.conversion == Conversion::address || is_null_or_error(value);
    Spec wide = spec;
    if (spec.width == -1) {
        wide.width = 16;
        wide.zero_pad = true;
    }
    number(wide, "", fmt::format("{:x}", shown ? value : hidden(value)));
}

}  // namespace

long print(Runtime& runtime, std::string_view format, std::span<const std::uint64_t> args,
           std::span<char> out) {
    FormatReader reader(format);
    Packer packer(runtime);
    std::vector<FormatPiece> pieces;
    while (!reader.at_end()) {
        const auto piece = reader.next(!args.empty());
        if (!piece) return piece.error();
        if (piece->spec) {
            if (const int error = packer.pack(*piece->spec, args.front())) return error;
            args = args.subspan(1);
        }
        pieces.push_back(*piece);
    }
    Printer printer(packer, out);
    for (const FormatPiece& piece : pieces) printer.print(piece);
    return printer.finish();
}

}  // namespace bpftwin
