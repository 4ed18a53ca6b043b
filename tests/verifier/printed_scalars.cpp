// Reads lines such as
//   7: (84) w7 = -w7                      ; R7=scalar(smin=0,smax=umax=0xff,var_off=(0x0; 0xff))
//   from 5 to 12: R0=0 R6=scalar(id=1,umin=101) R10=fp0
#include "tests/verifier/printed_scalars.h"

#include <fmt/format.h>

#include <cstdlib>

namespace bpftwin::test {

namespace {

using verifier::Scalar;
using verifier::Tnum;

std::uint64_t number(std::string_view text) {
    const std::string digits(text);
    return digits.starts_with('-')
               ? static_cast<std::uint64_t>(std::strtoll(digits.c_str(), nullptr, 0))
               : std::strtoull(digits.c_str(), nullptr, 0);
}

/// The text up to the separator, which is taken off the rest.
std::string_view cut(std::string_view& rest, std::string_view separator) {
    const auto at = rest.find(separator);
    const std::string_view head = rest.substr(0, at);
    rest.remove_prefix(at == rest.npos ? rest.size() : at + separator.size());
    return head;
}

void set_fact(Scalar& scalar, std::string_view name, std::uint64_t value) {
    if (name == "smin") scalar.smin = static_cast<std::int64_t>(value);
    if (name == "smax") scalar.smax = static_cast<std::int64_t>(value);
    if (name == "umin") scalar.umin = value;
    if (name == "umax") scalar.umax = value;
    if (name == "smin32") scalar.s32_min = static_cast<std::int32_t>(value);
    if (name == "smax32") scalar.s32_max = static_cast<std::int32_t>(value);
    if (name == "umin32") scalar.u32_min = static_cast<std::uint32_t>(value);
    if (name == "umax32") scalar.u32_max = static_cast<std::uint32_t>(value);
}

Scalar scalar_of(std::string_view facts) {
    Scalar scalar;
    if (const auto at = facts.find("var_off=("); at != facts.npos) {
        std::string_view bits = facts.substr(at + 9);
        const std::uint64_t value = number(cut(bits, "; "));
        scalar.var_off = Tnum{value, number(cut(bits, ")"))};
        facts = facts.substr(0, at);
    }
    while (!facts.empty()) {
        std::string_view names = cut(facts, ",");
        const auto at = names.rfind('=');
        if (at == names.npos) continue;
        const std::uint64_t value = number(names.substr(at + 1));
        names = names.substr(0, at);
        while (!names.empty()) set_fact(scalar, cut(names, "="), value);
    }
    return scalar;
}

std::optional<Scalar> scalar_from(std::string_view text) {
    if (text.starts_with('P')) text.remove_prefix(1);
    if (text.starts_with("scalar(")) return scalar_of(text.substr(7, text.rfind(')') - 7));
    if (text.find_first_not_of("-0123456789abcdefx") != text.npos) return std::nullopt;
    return Scalar::constant(number(text));
}

/// "R6=… R7=…"; blanks inside of parentheses belong to a value.
PrintedRegs regs_of(std::string_view text) {
    PrintedRegs regs;
    while (text.starts_with('R')) {
        text.remove_prefix(1);
        const auto reg = number(cut(text, "="));
        std::size_t end = 0;
        for (int depth = 0; end < text.size() && (depth != 0 || text[end] != ' '); ++end) {
            depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
        }
        if (reg < regs.size()) regs[reg] = scalar_from(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return regs;
}

void read_line(PrintedStates& states, std::string_view line) {
    if (line.starts_with("from ")) {
        line.remove_prefix(5);
        const auto insn = static_cast<unsigned>(number(cut(line, " ")));
        (void)cut(line, ": ");
        states.taken[insn] = regs_of(line);
        return;
    }
    const auto digits = line.find_first_not_of("0123456789");
    if (digits == 0 || digits == line.npos || !line.substr(digits).starts_with(": ")) return;
    const auto insn = static_cast<unsigned>(number(cut(line, ": ")));
    PrintedRegs& regs = states.after[insn];
    if (line.starts_with('(')) (void)cut(line, "; ");
    if (!line.empty()) regs = regs_of(line);
}

}  // namespace

PrintedStates read_states(std::string_view log) {
    PrintedStates states;
    while (!log.empty()) read_line(states, cut(log, "\n"));
    return states;
}

std::string text_of(const Scalar& s) {
    return fmt::format(
        "s64=[{:#x}, {:#x}] u64=[{:#x}, {:#x}] s32=[{:#x}, {:#x}] u32=[{:#x}, {:#x}] "
        "bits=({:#x}; {:#x})",
        s.smin, s.smax, s.umin, s.umax, s.s32_min, s.s32_max, s.u32_min, s.u32_max, s.var_off.value,
        s.var_off.mask);
}

}  // namespace bpftwin::test
