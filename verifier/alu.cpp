// Arithmetic (kernel: check_alu_op, adjust_reg_min_max_vals, adjust_ptr_min_max_vals).
#include "isa/decode.h"
#include "verifier/analysis.h"

namespace bpftwin::verifier {
namespace {

constexpr std::uint8_t operation(const Insn& insn) { return insn.code & 0xf0; }
constexpr bool is_64(const Insn& insn) { return (insn.code & 7) == 7; }
constexpr bool has_register(const Insn& insn) { return (insn.code & 8) != 0; }

namespace code {
constexpr std::uint8_t add = 0x00, sub = 0x10, div = 0x30, or_ = 0x40, and_ = 0x50, lsh = 0x60,
                       rsh = 0x70, mod = 0x90, xor_ = 0xa0, arsh = 0xc0;
}

constexpr bool is_shift(std::uint8_t operation) {
    return operation == code::lsh || operation == code::rsh || operation == code::arsh;
}

/// The kernel has no symbols of their own for s/= and s%=.
std::string_view symbol_of(const Insn& insn, Op op) {
    const std::string_view symbol = info(op).symbol;
    return insn.off != 0 ? symbol.substr(1) : symbol;
}

/// By how much a constant that is added or subtracted moves a scalar from others of its id, where
/// that can be remembered.
std::optional<std::int32_t> distance_of(std::uint8_t what, bool in_64_bits, const Reg& source) {
    if ((what != code::add && what != code::sub) || !source.is_const()) return {};
    const auto value = static_cast<std::int64_t>(source.num.var_off.value);
    const auto off = static_cast<std::int32_t>(value);
    if (in_64_bits && value != off) return {};
    if (what == code::add) return off;
    return off == INT32_MIN ? std::nullopt : std::optional(-off);
}

template <class T>
bool add_overflows(T a, T b, T& sum) {
    return __builtin_add_overflow(a, b, &sum);
}

}  // namespace

bool Analysis::check_alu() {
    switch (info(ops_[insn_]).family) {
        case Family::neg:
        case Family::end: return check_unary();
        case Family::movsx: return check_movsx();
        case Family::cast: return check_address_cast();
        default: break;
    }
    return code_->is_mov(insn_) ? check_mov() : check_binary();
}

bool Analysis::check_unary() {
    const unsigned dst = insn().dst;
    if (!read_reg(dst) || !write_reg(dst)) return false;
    Reg& value = reg(dst);
    if (!value.is_scalar()) return value.make_unknown(), true;
    const std::uint32_t id = value.id;
    apply(ops_[insn_], value.num, value.num);
    // Only this one changes nothing.
    if (id != 0 && ops_[insn_] != Op::le64) value.clear_scalar_id();
    settle_bounds(value);
    return true;
}

bool Analysis::check_mov() {
    const Insn& insn = this->insn();
    if (!has_register(insn)) {
        if (!write_reg(insn.dst)) return false;
        const auto value = static_cast<std::uint64_t>(std::int64_t{insn.imm});
        reg(insn.dst) = Reg::constant(is_64(insn) ? value : static_cast<std::uint32_t>(value));
        return true;
    }
    if (!read_reg(insn.src) || !write_reg(insn.dst)) return false;
    Reg& source = reg(insn.src);
    Reg& dst = reg(insn.dst);
    if (is_64(insn)) {
        assign_id_before_copy(source);
        dst = source;
        return true;
    }
    if (!source.is_scalar()) {
        dst.make_unknown();
    } else {
        const bool fits = width_of(source) <= 32;
        if (fits) assign_id_before_copy(source);
        dst = source;
        if (!fits) dst.clear_scalar_id();
    }
    dst.num.zero_extend_32();
    return true;
}

bool Analysis::check_movsx() {
    const Insn& insn = this->insn();
    if (!read_reg(insn.src) || !write_reg(insn.dst)) return false;
    Reg& source = reg(insn.src);
    Reg& dst = reg(insn.dst);
    if (!source.is_scalar()) {
        dst.make_unknown();
        if (!is_64(insn)) dst.num.zero_extend_32();
        return true;
    }
    const auto from_bits = static_cast<unsigned>(insn.off);
    const bool stays = source.num.umax < std::uint64_t{1} << (from_bits - 1);
    if (stays) assign_id_before_copy(source);
    dst = source;
    if (!stays) dst.clear_scalar_id();
    dst.num.sign_extend(from_bits / 8, is_64(insn) ? 64 : 32);
    return true;
}

bool Analysis::check_address_cast() {
    const Insn& insn = this->insn();
    if (!read_reg(insn.src) || !write_reg(insn.dst)) return false;
    bool has_arena = false;
    for (const Map& map : maps_) has_arena |= map.type() == MapType::arena;
    if (!has_arena)
        return reject(EINVAL,
                      "addr_space_cast insn can only be used in a program that has an associated "
                      "arena");
    reg(insn.dst).make_unknown();
    if (insn.imm == 1) reg(insn.dst).type.kind = RegKind::ptr_to_arena;
    return true;
}

bool Analysis::check_binary() {
    const Insn& insn = this->insn();
    const std::uint8_t what = operation(insn);
    if (has_register(insn) && !read_reg(insn.src)) return false;
    if (!read_reg(insn.dst)) return false;
    if (!has_register(insn) && !check_constant_operand()) return false;
    if (!write_reg(insn.dst)) return false;

    Reg& dst = reg(insn.dst);
    Reg other;  // An immediate; or what a register holds before it is changed itself.
    if (!has_register(insn))
        other = Reg::constant(static_cast<std::uint64_t>(std::int64_t{insn.imm}));
    else if (insn.src == insn.dst)
        other = dst;
    const Reg& source = has_register(insn) && insn.src != insn.dst ? reg(insn.src) : other;
    constexpr auto arena = RegKind::ptr_to_arena;
    if (dst.type.kind == arena || (has_register(insn) && source.type.kind == arena)) {
        if (dst.type.kind != arena) dst = source;
        return true;
    }
    if (source.is_pointer() && dst.is_pointer()) {
        if (what == code::sub) return dst.make_unknown(), true;
        return reject(EACCES, "R{} pointer {} pointer prohibited", unsigned{insn.dst},
                      symbol_of(insn, ops_[insn_]));
    }
    if (source.is_pointer()) {
        if (!mark_precise(insn.dst)) return false;
        const Reg offset = dst;
        return check_pointer_arithmetic(insn.dst, source, offset);
    }
    if (dst.is_pointer()) {
        if (has_register(insn) && !mark_precise(insn.src)) return false;
        return check_pointer_arithmetic(insn.dst, Reg(dst), source);
    }
    if (has_register(insn) && dst.precise && !mark_precise(insn.src)) return false;
    return combine_scalars(dst, source);
}

bool Analysis::check_constant_operand() {
    const Insn& insn = this->insn();
    const std::uint8_t what = operation(insn);
    if ((what == code::div || what == code::mod) && insn.imm == 0)
        return reject(EINVAL, "div by zero");
    if (is_shift(what) && (insn.imm < 0 || insn.imm >= (is_64(insn) ? 64 : 32)))
        return reject(EINVAL, "invalid shift {}", insn.imm);
    return true;
}

bool Analysis::combine_scalars(Reg& dst, const Reg& source) {
    const Insn& insn = this->insn();
    const std::uint8_t what = operation(insn);
    if ((what == code::and_ || what == code::or_) && source.is_const() && !fork_scalar(dst))
        return false;
    const std::uint32_t link = is_64(insn)           ? id_with_offset_64
                               : width_of(dst) <= 32 ? id_with_offset_32
                                                     : 0;
    apply(ops_[insn_], dst.num, source.num);
    const bool is_same = has_register(insn) && insn.src == insn.dst;
    const auto off = is_same ? std::nullopt : distance_of(what, is_64(insn), source);
    if (off && link != 0 && dst.id != 0 && (dst.id & id_with_offset) == 0) {
        dst.id |= link;
        dst.off = *off;
    } else {
        dst.clear_scalar_id();
    }
    settle_bounds(dst);
    return true;
}

// A value that is 0 or -1 is followed as either, since the operation makes two constants of it
// (maybe_fork_scalars).
bool Analysis::fork_scalar(Reg& dst) {
    const bool in_64 = dst.num.smin == -1 && dst.num.smax == 0;
    const bool in_32 = dst.num.s32_min == -1 && dst.num.s32_max == 0;
    if (!in_64 && !in_32) return true;
    const auto number = static_cast<std::size_t>(insn().dst);
    State* other = push(insn_, insn_);
    if (!other) return false;
    if (in_64) {
        other->reg(static_cast<unsigned>(number)).num = Scalar::constant(0);
        dst.num = Scalar::constant(~std::uint64_t{0});
        return true;
    }
    const auto with_low_half = [](Scalar& num, std::uint32_t low) {
        num.var_off = tnum_with_subreg(num.var_off, tnum_const(low));
        num.s32_min = num.s32_max = static_cast<std::int32_t>(low);
        num.u32_min = num.u32_max = low;
    };
    with_low_half(other->reg(static_cast<unsigned>(number)).num, 0);
    with_low_half(dst.num, ~std::uint32_t{0});
    return true;
}

bool Analysis::check_sane_offset(const Reg& reg, RegType type) {
    const auto value = static_cast<std::int64_t>(reg.num.var_off.value);
    if (reg.num.is_const() && (value >= max_var_off || value <= -max_var_off))
        return reject(EINVAL, "math between {} pointer and {} is not allowed", text_of(type),
                      value);
    if (reg.off >= max_var_off || reg.off <= -max_var_off)
        return reject(EINVAL, "{} pointer offset {} is not allowed", text_of(type), reg.off);
    if (reg.num.smin == INT64_MIN)
        return reject(
            EINVAL, "math between {} pointer and register with unbounded min value is not allowed",
            text_of(type));
    if (reg.num.smin >= max_var_off || reg.num.smin <= -max_var_off)
        return reject(EINVAL, "value {} makes {} pointer be out of bounds", reg.num.smin,
                      text_of(type));
    return true;
}

namespace {

/// Whether something may be added to or subtracted from such pointers at all.
bool allows_arithmetic(RegKind kind, std::uint8_t operation, const Scalar& offset) {
    switch (kind) {
        case RegKind::ptr_to_flow_keys: return offset.is_const();
        case RegKind::const_ptr_to_map: return operation == code::add && offset.is_const_value(0);
        case RegKind::ptr_to_packet_end:
        case RegKind::ptr_to_socket:
        case RegKind::ptr_to_sock_common:
        case RegKind::ptr_to_tcp_sock:
        case RegKind::ptr_to_xdp_sock:
        case RegKind::not_init: return false;
        default: return true;
    }
}

}  // namespace

/// @param was_pointer the destination was the pointer, not the offset.
bool Analysis::move_pointer(unsigned number, const Reg& pointer, const Scalar& offset,
                            bool was_pointer) {
    const std::string_view symbol = symbol_of(insn(), ops_[insn_]);
    switch (operation(insn())) {
        case code::add: return add_to_pointer(reg(number), pointer, offset);
        case code::sub:
            if (!was_pointer)
                return reject(EACCES, "R{} tried to subtract pointer from scalar", number);
            if (pointer.is(RegKind::ptr_to_stack))
                return reject(EACCES, "R{} subtraction from stack pointer prohibited", number);
            return subtract_from_pointer(reg(number), pointer, offset);
        case code::and_:
        case code::or_:
        case code::xor_:
            return reject(EACCES, "R{} bitwise operator {} on pointer prohibited", number, symbol);
        default:
            return reject(EACCES, "R{} pointer arithmetic with {} operator prohibited", number,
                          symbol);
    }
}

bool Analysis::check_pointer_arithmetic(unsigned number, const Reg& pointer, const Reg& offset) {
    const Insn& insn = this->insn();
    const std::uint8_t what = operation(insn);
    Reg& dst = reg(number);
    if (offset.num.is_violated()) return dst.make_unknown(), true;
    if (!is_64(insn)) {
        if (what == code::sub) return dst.make_unknown(), true;
        return reject(EACCES, "R{} 32-bit pointer arithmetic prohibited", number);
    }
    if (pointer.may_be_null())
        return reject(EACCES, "R{} pointer arithmetic on {} prohibited, null-check it first",
                      number, text_of(pointer.type));
    // Loads behind it may fail without harm, wherever it points to.
    if (pointer.type.kind == RegKind::ptr_to_mem && pointer.type.has(ptr_untrusted))
        return dst = pointer, true;
    if (!allows_arithmetic(pointer.type.kind, what, offset.num))
        return reject(EACCES, "R{} pointer arithmetic on {} prohibited", number,
                      text_of(pointer.type));

    const bool was_pointer = dst.is_pointer();
    dst.type = pointer.type;
    dst.id = pointer.id;
    dst.frame = pointer.frame;
    dst.ref_obj_id = was_pointer ? dst.ref_obj_id : pointer.ref_obj_id;
    if (!check_sane_offset(offset, pointer.type) || !check_sane_offset(pointer, pointer.type))
        return false;
    dst.num.forget_32_bounds();
    if (!move_pointer(number, pointer, offset.num, was_pointer)) return false;
    dst.precise = false;
    if (!check_sane_offset(dst, pointer.type)) return false;
    dst.num.sync();
    settle_bounds(dst);
    return true;
}

namespace {

/// Whether a constant can become part of a pointer's fixed offset.
bool fits_offset(std::int64_t sum) { return sum == static_cast<std::int32_t>(sum); }

}  // namespace

bool Analysis::add_to_pointer(Reg& dst, const Reg& pointer, const Scalar& offset) {
    dst.target = pointer.target;
    dst.uid = pointer.uid;
    if (offset.is_const() && fits_offset(pointer.off + offset.smin)) {
        dst.num = pointer.num;
        dst.num.forget_32_bounds();
        dst.off = static_cast<std::int32_t>(pointer.off + offset.smin);
        return true;
    }
    Scalar sum;
    if (add_overflows(pointer.num.smin, offset.smin, sum.smin) ||
        add_overflows(pointer.num.smax, offset.smax, sum.smax))
        sum.smin = INT64_MIN, sum.smax = INT64_MAX;
    if (add_overflows(pointer.num.umin, offset.umin, sum.umin) ||
        add_overflows(pointer.num.umax, offset.umax, sum.umax))
        sum.umin = 0, sum.umax = UINT64_MAX;
    sum.var_off = tnum_add(pointer.num.var_off, offset.var_off);
    dst.num = sum;
    dst.off = pointer.off;
    if (pointer.is_packet()) {
        dst.id = ++last_id_;
        // Something was added, of which the range knows nothing.
        dst.target = 0;
    }
    return true;
}

bool Analysis::subtract_from_pointer(Reg& dst, const Reg& pointer, const Scalar& offset) {
    dst.target = pointer.target;
    dst.uid = pointer.uid;
    if (offset.is_const() && fits_offset(pointer.off - offset.smin)) {
        dst.num = pointer.num;
        dst.num.forget_32_bounds();
        dst.off = static_cast<std::int32_t>(pointer.off - offset.smin);
        return true;
    }
    Scalar difference;
    if (__builtin_sub_overflow(pointer.num.smin, offset.smax, &difference.smin) ||
        __builtin_sub_overflow(pointer.num.smax, offset.smin, &difference.smax))
        difference.smin = INT64_MIN, difference.smax = INT64_MAX;
    if (pointer.num.umin < offset.umax) {
        difference.umin = 0, difference.umax = UINT64_MAX;
    } else {
        difference.umin = pointer.num.umin - offset.umax;
        difference.umax = pointer.num.umax - offset.umin;
    }
    difference.var_off = tnum_sub(pointer.num.var_off, offset.var_off);
    dst.num = difference;
    dst.off = pointer.off;
    if (pointer.is_packet()) {
        dst.id = ++last_id_;
        if (offset.smin < 0) dst.target = 0;
    }
    return true;
}

bool Analysis::check_constant() {
    const Insn& insn = this->insn();
    if (!write_reg(insn.dst)) return false;
    Reg& dst = reg(insn.dst);
    const auto& second = program_.insns[insn_ + 1];
    switch (ops_[insn_]) {
        case Op::lddw: dst = Reg::constant(lddw_value(insn, second)); return true;
        case Op::lddw_map_fd:
        case Op::lddw_map_idx:
            dst = Reg::pointer({RegKind::const_ptr_to_map});
            dst.target = insn.imm;
            return true;
        case Op::lddw_map_value:
        case Op::lddw_map_idx_value:
            if (maps_[static_cast<std::size_t>(insn.imm)].type() == MapType::arena)
                return dst.make_unknown(), true;
            dst = Reg::pointer({RegKind::ptr_to_map_value});
            dst.target = insn.imm;
            dst.off = second.imm;
            return true;
        case Op::lddw_func: break;
        default: return set_kernel_name(dst, static_cast<std::uint32_t>(insn.imm));
    }
    const int subprogram = flow_.subprogram_at(insn_ + 1 + static_cast<std::uint32_t>(insn.imm));
    if (program_.func_info.empty()) return reject(EINVAL, "missing btf func_info");
    if (subprogram < 0) return confused("no function where an address was taken");
    if (is_global(static_cast<std::uint32_t>(subprogram)))
        return reject(EINVAL, "callback function not static");
    dst = Reg::pointer({RegKind::ptr_to_func});
    dst.target = subprogram;
    return true;
}

}  // namespace bpftwin::verifier
