// What is known of one register or spilled slot (kernel: struct bpf_reg_state).
#pragma once

#include <cstdint>
#include <string>

#include "verifier/dynptr.h"
#include "verifier/reg_type.h"
#include "verifier/scalar.h"

namespace bpftwin::verifier {

/// Offsets and sizes that programs may reach by a variable stay below it (BPF_MAX_VAR_OFF).
inline constexpr std::int64_t max_var_off = 1 << 29;

/// Scalars of the same id are equal, or with one of these bits differ by their `off`, which was
/// added in 64 or in 32 bits (BPF_ADD_CONST64, BPF_ADD_CONST32).
inline constexpr std::uint32_t id_with_offset_64 = 1U << 31, id_with_offset_32 = 1U << 30;
inline constexpr std::uint32_t id_with_offset = id_with_offset_64 | id_with_offset_32;

/// Ranges of packet pointers that were compared with the end: nothing behind it may be read.
inline constexpr std::int32_t at_packet_end = -1;
inline constexpr std::int32_t beyond_packet_end = -2;

/// Whether an open-coded iterator has elements left (enum bpf_iter_state).
enum class IterState : std::uint8_t { active, drained };

struct Reg {
    RegType type;
    /// Pointers: fixed part of the offset. Scalars with `id_with_offset`: distance from the id.
    std::int32_t off = 0;
    /// What it points to, by kind: index of the map (`Maps`), bytes that may be read of a packet,
    /// size of a `mem`, index of the function, BTF type of an object or iterator, kind of a dynptr,
    /// one more than the index of the map that a socket was in (0: in none).
    std::int32_t target = 0;
    /// Map pointers: the lookup that gave an inner map, 0 for others (map_uid). `mem`: id of the
    /// dynptr that it is a part of, 0: none. Dynptrs: 1 in the first slot. Iterators: rounds.
    /// Objects: whose types, a `TypeSource`.
    std::uint32_t uid = 0;
    Scalar num;  ///< Value of a scalar, or variable part of the offset.
    /// Equal ids: scalars that are equal, pointers whose null check counts for each other, packet
    /// pointers with the same variable offset; 0: none.
    std::uint32_t id = 0;
    std::uint32_t ref_obj_id = 0;  ///< The acquired reference that it belongs to; 0: none.
    std::uint8_t frame = 0;        ///< Stack pointers: whose stack.
    bool precise = false;          ///< A scalar whose exact value matters for safety.

    static Reg unknown_scalar() { return {.type = {RegKind::scalar_value}}; }
    static Reg constant(std::uint64_t value) {
        return {.type = {RegKind::scalar_value}, .num = Scalar::constant(value)};
    }
    /// A pointer with offset 0.
    static Reg pointer(RegType type) { return {.type = type, .num = Scalar::constant(0)}; }

    [[nodiscard]] bool is(RegKind kind) const { return type == RegType{kind}; }
    [[nodiscard]] bool is_scalar() const { return type.kind == RegKind::scalar_value; }
    [[nodiscard]] bool is_pointer() const { return !is_scalar(); }
    [[nodiscard]] bool may_be_null() const { return type.has(maybe_null); }
    [[nodiscard]] bool is_null() const { return is_scalar() && num.is_const_value(0); }
    [[nodiscard]] bool is_const() const { return is_scalar() && num.is_const(); }
    [[nodiscard]] bool is_packet() const {
        return type.kind == RegKind::ptr_to_packet || type.kind == RegKind::ptr_to_packet_meta;
    }
    [[nodiscard]] bool is_packet_or_end() const {
        return is_packet() || type.kind == RegKind::ptr_to_packet_end;
    }
    [[nodiscard]] bool is_socket() const;
    [[nodiscard]] DynptrKind dynptr_kind() const { return static_cast<DynptrKind>(target); }
    [[nodiscard]] bool is_first_slot() const { return uid != 0; }
    [[nodiscard]] IterState iter_state() const { return static_cast<IterState>(off); }
    [[nodiscard]] bool is_map_pointer() const;
    /// An object that the kernel vouches for (is_trusted_reg), and one that stays while the program
    /// is in an RCU read section (is_rcu_reg).
    [[nodiscard]] bool is_trusted() const;
    [[nodiscard]] bool is_rcu() const { return type.has(mem_rcu); }
    /// A pointer that is certainly not null (reg_not_null).
    [[nodiscard]] bool is_not_null() const;
    /// Whether the stack keeps all that is known of it (is_spillable_regtype).
    [[nodiscard]] bool is_spillable_pointer() const;

    /// Forgets everything about a register that was not written.
    void make_unwritten() { *this = {}; }
    void make_unknown() { *this = unknown_scalar(); }
    void clear_scalar_id() { id = 0, off = 0; }
};

/// Number of bits that a scalar's value may need (get_reg_width).
unsigned width_of(const Reg& reg);

/// The kind as the kernel's log names it: "map_value_or_null".
std::string text_of(RegType type);
/// "(0x0; 0xff)", or the constant.
std::string text_of(Tnum tnum);
/// Number in decimal where it is short, else in hexadecimal.
std::string text_of_signed(std::int64_t number);
std::string text_of_unsigned(std::uint64_t number);

}  // namespace bpftwin::verifier
