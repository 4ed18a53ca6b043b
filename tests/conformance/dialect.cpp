// Mnemonics of the table's rows, and one reader for each shape of operands.
#include "tests/conformance/dialect.h"

#include <limits>
#include <map>
#include <string>

#include "fmt/format.h"
#include "isa/cursor.h"
#include "isa/encode.h"

namespace bpftwin::conformance {
namespace {

/// How the operands of a mnemonic are written.
enum class Shape { binary, unary, branch, jump, load, store_imm, store, atomic, constant, none };

struct Mnemonic {
    Shape shape;
    Op with_imm;
    Op with_register;
};

/// "or_" of the table is "or" in the suite.
std::string plain(std::string name, std::string_view suffix = "") {
    if (name.ends_with('_')) name.pop_back();
    return name.append(suffix);
}

/// "atomic_fetch_add" of the table is "lock fetch add" in the suite.
std::string locked(std::string name, std::string_view suffix) {
    name = "lock " + name.substr(std::string_view("atomic_").size());
    if (name.starts_with("lock fetch_")) name.replace(10, 1, " ");
    return name.append(suffix);
}

std::map<std::string, Mnemonic, std::less<>> make_mnemonics() {
    std::map<std::string, Mnemonic, std::less<>> all;
    auto add = [&](std::string name, Shape shape, Op with_imm, Op with_register) {
        all[name] = {shape, with_imm, with_register};
        if (name.starts_with("bswap")) all[name.substr(1)] = all[name];
    };
#define ALU(name, ...)                                                      \
    add(plain(#name), Shape::binary, Op::name##64_k, Op::name##64_x);       \
    add(plain(#name, "64"), Shape::binary, Op::name##64_k, Op::name##64_x); \
    add(plain(#name, "32"), Shape::binary, Op::name##32_k, Op::name##32_x);
#define NEG(name, ...)                                         \
    add(#name, Shape::unary, Op::name##64, Op::name##64);      \
    add(#name "64", Shape::unary, Op::name##64, Op::name##64); \
    add(#name "32", Shape::unary, Op::name##32, Op::name##32);
#define MOVSX(from, width, ...) \
    add("movsx" #from #width, Shape::binary, Op::exit, Op::movsx##from##_##width);
#define END(name, code, bits, ...) add(#name #bits, Shape::unary, Op::name##bits, Op::name##bits);
#define JMP(name, ...)                                         \
    add(#name, Shape::branch, Op::name##64_k, Op::name##64_x); \
    add(#name "32", Shape::branch, Op::name##32_k, Op::name##32_x);
#define LDX(name, ...) add(#name, Shape::load, Op::name, Op::name);
#define LDXSX(name, ...) add(#name, Shape::load, Op::name, Op::name);
#define ST(name, ...) add(#name, Shape::store_imm, Op::name, Op::name);
#define STX(name, ...) add(#name, Shape::store, Op::name, Op::name);
#define ATOMIC(name, ...)                                              \
    add(locked(#name, ""), Shape::atomic, Op::name##64, Op::name##64); \
    add(locked(#name, "32"), Shape::atomic, Op::name##32, Op::name##32);
#define EXIT(name, ...) add(#name, Shape::none, Op::name, Op::name);
#include "isa/insns.def"
    add("ja", Shape::jump, Op::ja, Op::ja);
    add("ja32", Shape::jump, Op::gotol, Op::gotol);
    add("lddw", Shape::constant, Op::lddw, Op::lddw);
    return all;
}

const std::map<std::string, Mnemonic, std::less<>>& mnemonics() {
    static const auto all = make_mnemonics();
    return all;
}

/// Reads the operands of one instruction.
class OperandReader {
public:
    explicit OperandReader(Cursor& cursor) : cursor_(cursor) {}

    Operands operands;
    std::int32_t second = 0;
    std::string_view label;

    bool dst() { return read_register(operands.dst); }
    bool src() { return read_register(operands.src); }
    bool comma() { return cursor_.take(","); }

    bool imm() {
        auto number = cursor_.take_number();
        auto value = number ? number->in_range(std::numeric_limits<std::int32_t>::min(),
                                               std::numeric_limits<std::uint32_t>::max())
                            : std::nullopt;
        operands.imm = static_cast<std::int32_t>(value.value_or(0));
        return value.has_value();
    }

    bool imm64() {
        auto number = cursor_.take_number();
        auto bits = number ? number->bits() : std::nullopt;
        operands.imm = static_cast<std::int32_t>(bits.value_or(0));
        second = static_cast<std::int32_t>(bits.value_or(0) >> 32);
        return bits.has_value();
    }

    /// "[%r10-8]", the register going to `base`.
    bool address(std::uint8_t& base) {
        if (!cursor_.take("[") || !read_register(base)) return false;
        return offset() && cursor_.take("]");
    }

    /// "+3", or a label.
    bool target(Op op) {
        label = cursor_.take_name();
        if (!label.empty()) return true;
        auto number = cursor_.take_signed();
        auto value = number ? number->in_range(std::numeric_limits<std::int32_t>::min(),
                                               std::numeric_limits<std::int32_t>::max())
                            : std::nullopt;
        Insn aimed = insn(op, operands);
        if (!value || !aim(aimed, op, *value)) return false;
        operands.off = aimed.off;
        operands.imm = aimed.imm;
        return true;
    }

private:
    bool read_register(std::uint8_t& to) {
        if (!cursor_.take("%")) return false;
        auto name = cursor_.take_name();
        if (!name.starts_with('r')) return false;
        Cursor digits(name.substr(1));
        auto number = digits.take_number();
        auto value = number && digits.at_end() ? number->in_range(0, 15) : std::nullopt;
        to = static_cast<std::uint8_t>(value.value_or(0));
        return value.has_value();
    }

    bool offset() {
        if (cursor_.rest().starts_with(']')) return true;
        auto number = cursor_.take_signed();
        auto value = number ? number->in_range(std::numeric_limits<std::int16_t>::min(),
                                               std::numeric_limits<std::int16_t>::max())
                            : std::nullopt;
        operands.off = static_cast<std::int16_t>(value.value_or(0));
        return value.has_value();
    }

    Cursor& cursor_;
};

/// Reads a register or an immediate, and says which row that makes.
std::optional<Op> second_operand(const Mnemonic& mnemonic, OperandReader& in) {
    if (in.src()) return mnemonic.with_register;
    if (mnemonic.with_imm == Op::exit || !in.imm()) return std::nullopt;
    return mnemonic.with_imm;
}

std::optional<Op> read_operands(const Mnemonic& mnemonic, OperandReader& in) {
    auto op = mnemonic.with_imm;
    auto if_read = [&](bool read) { return read ? std::optional(op) : std::nullopt; };
    switch (mnemonic.shape) {
        case Shape::binary:
            return in.dst() && in.comma() ? second_operand(mnemonic, in) : std::nullopt;
        case Shape::branch: {
            auto row = in.dst() && in.comma() ? second_operand(mnemonic, in) : std::nullopt;
            return row && in.comma() && in.target(*row) ? row : std::nullopt;
        }
        case Shape::unary: return if_read(in.dst());
        case Shape::jump: return if_read(in.target(op));
        case Shape::load: return if_read(in.dst() && in.comma() && in.address(in.operands.src));
        case Shape::store_imm:
            return if_read(in.address(in.operands.dst) && in.comma() && in.imm());
        case Shape::store:
        case Shape::atomic: return if_read(in.address(in.operands.dst) && in.comma() && in.src());
        case Shape::constant: return if_read(in.dst() && in.comma() && in.imm64());
        case Shape::none: return op;
    }
    return std::nullopt;
}

/// "call 5", "call helper 5", "call %r2", "call local function", "call runtime 7".
std::optional<Op> read_call(Cursor& cursor, OperandReader& in) {
    auto mode = cursor.take_name();
    if (mode == "local")
        return in.target(Op::call_local) ? std::optional(Op::call_local) : std::nullopt;
    if (mode == "runtime") return in.imm() ? std::optional(Op::call_kfunc) : std::nullopt;
    if (!mode.empty() && mode != "helper") return std::nullopt;
    if (in.dst()) return Op::callx;
    return in.imm() ? std::optional(Op::call_helper) : std::nullopt;
}

/// The mnemonic at the cursor: a word, or with "lock" two or three.
std::string take_mnemonic(Cursor& cursor) {
    std::string name(cursor.take_name());
    if (name != "lock") return name;
    std::string_view word = cursor.take_name();
    name.append(" ").append(word);
    if (word == "fetch") name.append(" ").append(cursor.take_name());
    return name;
}

struct Reference {
    std::size_t pc;
    Op op;
    std::string_view label;
    std::size_t line;
};

class Assembler {
public:
    Result<std::vector<Insn>> run(std::string_view text) {
        for (std::size_t number = 1; !text.empty(); ++number) {
            auto length = text.find('\n');
            auto line = text.substr(0, length);
            if (auto done = read(line.substr(0, line.find('#')), number); !done)
                return std::unexpected(done.error());
            text.remove_prefix(length == text.npos ? text.size() : length + 1);
        }
        for (const auto& reference : references_)
            if (auto done = resolve(reference); !done) return std::unexpected(done.error());
        return std::move(program_);
    }

private:
    Result<void> read(std::string_view line, std::size_t number) {
        Cursor cursor(line);
        if (cursor.at_end()) return {};
        auto mnemonic = take_mnemonic(cursor);
        if (cursor.take(":")) return define(mnemonic, number);
        OperandReader in(cursor);
        auto op = row_of(mnemonic, cursor, in);
        if (!op || !cursor.at_end())
            return fail(
                fmt::format("line {}: cannot read \"{}\" at \"{}\"", number, line, cursor.rest()));
        add(*op, in, number);
        return {};
    }

    static std::optional<Op> row_of(const std::string& mnemonic, Cursor& cursor,
                                    OperandReader& in) {
        if (mnemonic == "call") return read_call(cursor, in);
        auto known = mnemonics().find(mnemonic);
        return known == mnemonics().end() ? std::nullopt : read_operands(known->second, in);
    }

    Result<void> define(const std::string& label, std::size_t number) {
        if (labels_.try_emplace(label, program_.size()).second) return {};
        return fail(fmt::format("line {}: label {} is already defined", number, label));
    }

    void add(Op op, const OperandReader& in, std::size_t number) {
        if (op == Op::exit) labels_.try_emplace("exit", program_.size());
        if (!in.label.empty()) references_.push_back({program_.size(), op, in.label, number});
        program_.push_back(insn(op, in.operands));
        if (slots(op) == 2) program_.push_back(second_slot(in.second));
    }

    Result<void> resolve(const Reference& reference) {
        auto label = labels_.find(reference.label);
        if (label == labels_.end())
            return fail(
                fmt::format("line {}: label {} is not defined", reference.line, reference.label));
        auto distance =
            static_cast<std::int64_t>(label->second) - static_cast<std::int64_t>(reference.pc) - 1;
        if (aim(program_[reference.pc], reference.op, distance)) return {};
        return fail(fmt::format("line {}: label {} is too far", reference.line, reference.label));
    }

    std::vector<Insn> program_;
    std::map<std::string, std::size_t, std::less<>> labels_;
    std::vector<Reference> references_;
};

}  // namespace

Result<std::vector<Insn>> assemble_dialect(std::string_view text) { return Assembler().run(text); }

}  // namespace bpftwin::conformance
