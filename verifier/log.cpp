#include "verifier/log.h"

#include <algorithm>
#include <array>

#include "btf/btf.h"
#include "fmt/format.h"
#include "helpers/prototype.h"
#include "isa/disasm.h"

namespace bpftwin::verifier {
namespace {

/// A bound as the log names it; equal ones of the same sign are printed together.
struct Bound {
    std::string_view name;
    std::uint64_t value;
    bool is_signed;
    bool omit;

    [[nodiscard]] bool is_negative() const {
        return is_signed && static_cast<std::int64_t>(value) < 0;
    }
};

/// A 32-bit bound is printed like a 64-bit one where it is short in decimal.
std::uint64_t widened(std::int32_t value) {
    const bool is_short = value >= INT16_MIN && value <= INT16_MAX;
    return is_short ? static_cast<std::uint64_t>(std::int64_t{value})
                    : static_cast<std::uint32_t>(value);
}

template <class T>
constexpr T least = std::numeric_limits<T>::min();
template <class T>
constexpr T most = std::numeric_limits<T>::max();

std::array<Bound, 8> bounds_of(const Scalar& s) {
    return {{
        {"smin", static_cast<std::uint64_t>(s.smin), true, s.smin == least<std::int64_t>},
        {"smax", static_cast<std::uint64_t>(s.smax), true, s.smax == most<std::int64_t>},
        {"umin", s.umin, false, s.umin == 0},
        {"umax", s.umax, false, s.umax == most<std::uint64_t>},
        {"smin32", widened(s.s32_min), true, s.s32_min == least<std::int32_t>},
        {"smax32", widened(s.s32_max), true, s.s32_max == most<std::int32_t>},
        {"umin32", s.u32_min, false, s.u32_min == 0},
        {"umax32", s.u32_max, false, s.u32_max == most<std::uint32_t>},
    }};
}

/// "smin=umin=1,smax=9".
std::string bounds_text(const Scalar& scalar) {
    std::string text;
    auto bounds = bounds_of(scalar);
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        const Bound& bound = bounds[i];
        if (bound.omit) continue;
        if (!text.empty()) text += ',';
        text += fmt::format("{}=", bound.name);
        for (std::size_t j = i + 2; j < bounds.size(); j += 2) {
            Bound& other = bounds[j];
            if (other.omit || other.value != bound.value) continue;
            if (other.is_negative() != bound.is_negative()) continue;
            other.omit = true;
            text += fmt::format("{}=", other.name);
        }
        text += bound.is_signed ? text_of_signed(static_cast<std::int64_t>(bound.value))
                                : text_of_unsigned(bound.value);
    }
    return text;
}

/// "dynptr_local(id=1,dynptr_id=1)": the last number is always that.
std::string dynptr_text(const Reg& dynptr) {
    std::string text = fmt::format("dynptr_{}(id={},", text_of(dynptr.dynptr_kind()), dynptr.id);
    if (dynptr.ref_obj_id != 0) text += fmt::format("ref_id={},", dynptr.ref_obj_id);
    return text + fmt::format("dynptr_id={})", dynptr.uid);
}

char letter_of(SlotByte byte) {
    switch (byte) {
        case SlotByte::invalid: return '?';
        case SlotByte::spill: return 'r';
        case SlotByte::misc: return 'm';
        case SlotByte::zero: return '0';
        case SlotByte::dynptr: return 'd';
        case SlotByte::iter: return 'i';
        case SlotByte::irq_flag: return 'f';
    }
    bug("no such byte of a slot");
}

DisasmNames helper_names() {
    DisasmNames names;
    names.helper = [](std::int32_t id) {
        const Helper* helper = helper_by_id(static_cast<std::uint32_t>(id));
        return helper ? fmt::format("bpf_{}", helper->name) : std::string("unknown");
    };
    return names;
}

}  // namespace

void Log::line(std::string_view text) {
    text_ += text;
    text_ += '\n';
}

std::string Log::last_line() const {
    std::string_view text = text_;
    while (text.ends_with('\n')) text.remove_suffix(1);
    return std::string(text.substr(text.rfind('\n') + 1));
}

const LineInfo* Log::line_of(std::uint32_t insn) const {
    const auto after = std::ranges::upper_bound(program_.line_info, insn, {}, &LineInfo::insn);
    return after == program_.line_info.begin() ? nullptr : &*(after - 1);
}

void Log::source_line(std::uint32_t insn) {
    const LineInfo* line = object_.btf ? line_of(insn) : nullptr;
    if (!line || line == previous_line_) return;
    constexpr unsigned column_bits = 10;
    const auto same = [&](const LineInfo& other) {
        return other.file_name_off == line->file_name_off &&
               other.line_col >> column_bits == line->line_col >> column_bits;
    };
    if (previous_line_ && same(*previous_line_)) return;
    std::string_view source = object_.btf->string(line->line_off);
    source.remove_prefix(std::min(source.find_first_not_of(" \t"), source.size()));
    const std::string_view path = object_.btf->string(line->file_name_off);
    text_ += fmt::format("; {} @ {}:{}\n", source, path.substr(path.rfind('/') + 1),
                         line->line_col >> column_bits);
    previous_line_ = line;
}

std::string Log::instruction_text(std::uint32_t insn) const {
    static const DisasmNames helpers = helper_names();
    DisasmNames names = helpers;
    if (types_.kernel)
        names.kfunc = [this](const Insn& call) {
            const auto id = static_cast<std::uint32_t>(call.imm);
            return std::string(call.off == 0 ? types_.kernel->type(id).name : "");
        };
    const auto text = disassemble(program_.insns, insn, names);
    return text ? *text : text.error().message;
}

void Log::instruction(std::uint32_t insn) {
    const std::size_t before = text_.size();
    text_ += fmt::format("{}: {}\n", insn, instruction_text(insn));
    instruction_end_ = text_.size();
    instruction_width_ = instruction_end_ - before;
}

void Log::changes(std::uint32_t insn, const State& state, const Frame& frame) {
    constexpr std::size_t column = 40, step = 8;
    if (instruction_end_ != 0 && instruction_end_ == text_.size()) {
        text_.pop_back();
        const std::size_t width = std::max(instruction_width_ + step / 2, column);
        text_.append((width + step - 1) / step * step - instruction_width_ - 1, ' ');
        text_ += ';';
    } else {
        text_ += fmt::format("{}:", insn);
    }
    this->state(state, frame, false);
}

std::string Log::register_text(unsigned number, const Frame& frame) const {
    return fmt::format("R{}={}", number, reg(frame.regs[number], frame));
}

void Log::whole_state(const State& state, const Frame& frame) { this->state(state, frame, true); }

void Log::state(const State& state, const Frame& frame, bool all) {
    if (frame.number != 0) text_ += fmt::format(" frame{}:", frame.number);
    for (unsigned i = 0; i < frame.regs.size(); ++i)
        if (frame.regs[i].type.kind != RegKind::not_init && (all || (regs_ >> i & 1) != 0))
            text_ += fmt::format(" R{}={}", i, reg(frame.regs[i], frame));
    for (int i = 0; i < static_cast<int>(frame.stack.size()); ++i) {
        if (!all && (slots_ >> i & 1) == 0) continue;
        // The slots of one object are shown together.
        if (frame.stack[static_cast<std::size_t>(i)].is_dynptr()) i += dynptr_slots - 1;
        text_ += slot(frame.stack[static_cast<std::size_t>(i)], i, frame);
    }
    std::string_view before = " refs=";
    for (const Reference& reference : state.references) {
        if (reference.kind != Reference::Kind::pointer) continue;
        text_ += fmt::format("{}{}", before, reference.id);
        before = ",";
    }
    if (frame.in_callback) text_ += " cb";
    if (frame.in_async_callback) text_ += " async_cb";
    text_ += '\n';
    if (!all) regs_ = 0, slots_ = 0;
}

std::string Log::reg(const Reg& reg, const Frame& frame) const {
    std::string text = reg.is_scalar() && reg.precise ? "P" : "";
    if (reg.is_const())
        return text + text_of_signed(static_cast<std::int64_t>(reg.num.var_off.value));
    text += text_of(reg.type);
    if (reg.type.kind == RegKind::ptr_to_arena) return text;
    if (reg.is(RegKind::ptr_to_stack)) {
        if (reg.frame != frame.number) text += fmt::format("[{}]", reg.frame);
        if (reg.num.is_const())
            return text +
                   text_of_signed(static_cast<std::int64_t>(reg.num.var_off.value) + reg.off);
    }
    if (reg.type.kind == RegKind::ptr_to_btf_id) text += types_.name_of(reg);
    return text + '(' + pointer_facts(reg) + ')';
}

std::string Log::pointer_facts(const Reg& reg) const {
    std::vector<std::string> facts;
    if (reg.id != 0) {
        facts.push_back(fmt::format("id={}", reg.id & ~id_with_offset));
        if ((reg.id & id_with_offset) != 0) facts.back() += fmt::format("{:+}", reg.off);
    }
    if (reg.ref_obj_id != 0) facts.push_back(fmt::format("ref_obj_id={}", reg.ref_obj_id));
    if (reg.type.has(non_own_ref)) facts.emplace_back("non_own_ref");
    if (reg.is_map_pointer()) {
        const Map& map = maps_[static_cast<std::size_t>(reg.target)];
        if (!map.spec->name.empty()) facts.push_back("map=" + map.name());
        facts.push_back(fmt::format("ks={},vs={}", map.spec->key_size, map.spec->value_size));
    }
    if (!reg.is_scalar() && reg.off != 0) facts.push_back("off=" + text_of_signed(reg.off));
    if (reg.is_packet_or_end() && reg.is_packet())
        facts.push_back("r=" + text_of_unsigned(static_cast<std::uint64_t>(
                                   static_cast<std::int64_t>(reg.target))));
    if (reg.type.kind == RegKind::ptr_to_mem)
        facts.push_back("sz=" + text_of_unsigned(static_cast<std::uint32_t>(reg.target)));
    if (reg.is(RegKind::const_ptr_to_dynptr))
        facts.push_back(fmt::format("type={}", text_of(reg.dynptr_kind())));
    if (reg.num.is_const()) {
        if (reg.num.var_off.value != 0)
            facts.push_back("imm=" +
                            text_of_signed(static_cast<std::int64_t>(reg.num.var_off.value)));
    } else {
        if (auto bounds = bounds_text(reg.num); !bounds.empty()) facts.push_back(bounds);
        if (!reg.num.var_off.is_unknown()) facts.push_back("var_off=" + text_of(reg.num.var_off));
    }
    return fmt::format("{}", fmt::join(facts, ","));
}

/// "iter_num(ref_id=1,state=active,depth=0)".
std::string Log::iterator_text(const Reg& iterator) const {
    constexpr std::string_view begin = "bpf_";
    const auto type = static_cast<std::uint32_t>(iterator.target);
    return fmt::format("{}(ref_id={},state={},depth={})",
                       types_.kernel->type(type).name.substr(begin.size()), iterator.ref_obj_id,
                       iterator.iter_state() == IterState::active ? "active" : "drained",
                       iterator.uid);
}

std::string Log::slot(const Slot& slot, int index, const Frame& frame) const {
    std::string letters;
    for (const SlotByte byte : slot.bytes) letters += letter_of(byte);
    if (letters.find_first_not_of('?') == std::string::npos) return {};
    std::string text = fmt::format(" fp{}=", -(index + 1) * slot_size);
    if (slot.is_dynptr()) return text + dynptr_text(slot.spilled);
    if (slot.is_iter())
        return slot.spilled.ref_obj_id == 0 ? std::string() : text + iterator_text(slot.spilled);
    if (!slot.is_spill()) return text + letters;
    return text + letters.substr(0, letters.find('r')) + reg(slot.spilled, frame);
}

}  // namespace bpftwin::verifier
