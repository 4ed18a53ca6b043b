// Loads, stores and atomic operations, by the kind of pointer (kernel: check_mem_access).
#include <algorithm>

#include "verifier/analysis.h"
#include "verifier/context_access.h"

namespace bpftwin::verifier {
namespace {

/// Offsets into a packet that can be tracked at most (MAX_PACKET_OFF is of its comparisons).
constexpr int flow_keys_size = 56;

}  // namespace

std::optional<unsigned> fetched_by(const Insn& insn, Op op) {
    constexpr std::int32_t fetch = 1, cmpxchg = 0xf1;
    const OpInfo& row = info(op);
    if (row.family != Family::atomic || (row.discriminator_value & fetch) == 0) return {};
    return row.discriminator_value == cmpxchg ? 0U : unsigned{insn.src};
}

bool Analysis::check_load() {
    const Insn& insn = this->insn();
    const OpInfo& row = info(ops_[insn_]);
    if (!read_reg(insn.src) || !write_reg(insn.dst)) return false;
    const bool is_atomic = row.family == Family::load_acquire;
    const RegType type = reg(insn.src).type;
    if (!check_access(insn.src, insn.off, row.bits / 8, Access::read, insn.dst, is_atomic,
                      row.family == Family::ldxsx))
        return false;
    settle_bounds(reg(insn.dst));
    // What was loaded may stand where the pointer did.
    return check_same_kind(type, true) && (!is_atomic || check_atomic_pointer(insn.src));
}

bool Analysis::check_store() {
    const Insn& insn = this->insn();
    const OpInfo& row = info(ops_[insn_]);
    std::optional<unsigned> value;
    if (row.family != Family::st) {
        value = insn.src;
        if (!read_reg(insn.src)) return false;
    }
    if (!read_reg(insn.dst)) return false;
    const bool is_atomic = row.family == Family::store_release;
    const RegType type = reg(insn.dst).type;
    return check_access(insn.dst, insn.off, row.bits / 8, Access::write, value, is_atomic, false) &&
           check_same_kind(type, false) && (!is_atomic || check_atomic_pointer(insn.dst));
}

namespace {

/// Pointers whose accesses the kernel rewrites (reg_type_mismatch_ok).
bool is_rewritten(RegType type) {
    switch (type.kind) {
        case RegKind::ptr_to_ctx:
        case RegKind::ptr_to_socket:
        case RegKind::ptr_to_sock_common:
        case RegKind::ptr_to_tcp_sock:
        case RegKind::ptr_to_xdp_sock:
        case RegKind::ptr_to_btf_id:
        case RegKind::ptr_to_arena: return true;
        default: return false;
    }
}

/// Whether what it points to is the kernel's own, and no memory that a run of the program is given.
bool is_of_kernel(RegType type) {
    const bool is_object = is_rewritten(type) && type.kind != RegKind::ptr_to_ctx;
    return is_object || type.kind == RegKind::const_ptr_to_map || type.has(ptr_untrusted);
}

}  // namespace

bool Analysis::check_same_kind(RegType type, bool is_load) {
    reads_kernel_ |= is_of_kernel(type);
    auto& before = accessed_[insn_];
    if (!before) before = type;
    if (*before == type || (!is_rewritten(*before) && !is_rewritten(type))) return true;
    const auto is_memory = [](RegType type) { return type.kind == RegKind::ptr_to_mem; };
    const auto may_fail = [&](RegType type) {
        return is_memory(type) || type.kind == RegKind::ptr_to_btf_id;
    };
    if (!is_load || !may_fail(type) || !may_fail(*before))
        return reject(EINVAL, "same insn cannot be used with different pointers");
    const bool has_memory = is_memory(type) || is_memory(*before);
    before = {has_memory ? RegKind::ptr_to_mem : RegKind::ptr_to_btf_id, ptr_untrusted};
    return true;
}

bool Analysis::check_atomic_pointer(unsigned number) {
    const Reg& pointer = reg(number);
    const bool refused = pointer.is(RegKind::ptr_to_ctx) || pointer.is_packet() ||
                         pointer.is(RegKind::ptr_to_flow_keys) || pointer.is_socket();
    return !refused ||
           reject(EACCES, "BPF_ATOMIC {} R{} {} is not allowed",
                  info(ops_[insn_]).family == Family::load_acquire ? "loads from" : "stores into",
                  number, text_of(pointer.type));
}

bool Analysis::check_atomic() {
    const Insn& insn = this->insn();
    const OpInfo& row = info(ops_[insn_]);
    if (!read_reg(insn.src) || !read_reg(insn.dst)) return false;
    const bool compares =
        ops_[insn_] == Op::atomic_cmpxchg32 || ops_[insn_] == Op::atomic_cmpxchg64;
    if (compares && !read_reg(0)) return false;
    if (!check_atomic_pointer(insn.dst)) return false;
    const auto fetched = fetched_by(insn, ops_[insn_]);
    if (fetched) {
        if (!write_reg(*fetched)) return false;
        // It holds nothing any more, even where it was the address.
        reg(*fetched).make_unknown();
    }
    const int size = row.bits / 8;
    if (!check_access(insn.dst, insn.off, size, Access::read, {}, true, false)) return false;
    if (fetched && !check_access(insn.dst, insn.off, size, Access::read, fetched, true, false))
        return false;
    return check_same_kind(reg(insn.dst).type, true) &&
           check_access(insn.dst, insn.off, size, Access::write, {}, true, false);
}

void Analysis::load_unknown(std::optional<unsigned> value) {
    if (value) reg(*value).make_unknown();
}

bool Analysis::check_access(unsigned number, int off, int size, Access access,
                            std::optional<unsigned> value, bool strict, bool sign_extends) {
    if (!check_alignment(reg(number), off, size, strict)) return false;
    if (!check_access_to_kind(number, off + reg(number).off, size, access, value, sign_extends))
        return false;
    const bool loads = access == Access::read;
    if (loads && value && size < slot_size && reg(*value).is_scalar()) {
        if (sign_extends)
            reg(*value).num.sign_extend(static_cast<unsigned>(size), 64);
        else
            reg(*value).num.truncate(static_cast<unsigned>(size));
    }
    return true;
}

bool Analysis::check_access_to_kind(unsigned number, int off, int size, Access access,
                                    std::optional<unsigned> value, bool sign_extends) {
    const Reg& pointer = reg(number);
    const RegType type = pointer.type;
    const auto refuse = [&] {
        return reject(EACCES, "R{} invalid mem access '{}'", number, text_of(type));
    };
    const auto refuse_write = [&] {
        return reject(EACCES, "R{} cannot write into {}", number, text_of(type));
    };
    const bool loads = access == Access::read;
    const auto loaded = [&](bool allowed) {
        if (allowed && loads) load_unknown(value);
        return allowed;
    };
    const bool or_null = type.has(maybe_null);
    switch (type.kind) {
        case RegKind::ptr_to_stack: return check_stack_access(number, off, size, access, value);
        case RegKind::ptr_to_map_value:
            if (or_null) return refuse();
            return check_map_access(number, off, size, access, value, sign_extends);
        case RegKind::ptr_to_map_key:
            if (!loads) return reject(EACCES, "write to change key R{} not allowed", number);
            return loaded(check_region(number, off, size, map_of(pointer).spec->key_size, false));
        case RegKind::ptr_to_mem:
            if (or_null) return refuse();
            if (!loads && type.has(mem_rdonly)) return refuse_write();
            return loaded(
                type.has(ptr_untrusted) ||
                check_region(number, off, size, static_cast<std::uint32_t>(pointer.target), false));
        case RegKind::ptr_to_ctx:
            return check_context_access(number, off, size, access, value, sign_extends);
        case RegKind::ptr_to_packet:
        case RegKind::ptr_to_packet_meta:
            if (!loads && !writes_packets(program_))
                return reject(EACCES, "cannot write into packet");
            return loaded(check_packet(number, off, size, false));
        case RegKind::ptr_to_flow_keys:
            return loaded((off >= 0 && off + size <= flow_keys_size) ||
                          reject(EACCES, "invalid access to flow keys off={} size={}", off, size));
        case RegKind::ptr_to_socket:
        case RegKind::ptr_to_sock_common:
        case RegKind::ptr_to_tcp_sock:
        case RegKind::ptr_to_xdp_sock:
            if (or_null) return refuse();
            if (!loads) return refuse_write();
            return check_socket_access(number, off, size, access, value);
        case RegKind::ptr_to_tp_buffer:
            return loaded(check_buffer(number, off, size, "tracepoint"));
        case RegKind::ptr_to_buf:
            if (or_null) return refuse();
            if (!loads && type.has(mem_rdonly)) return refuse_write();
            return loaded(
                check_buffer(number, off, size, type.has(mem_rdonly) ? "rdonly" : "rdwr"));
        case RegKind::ptr_to_btf_id:
            return or_null ? refuse() : check_object_access(number, off, size, access, value);
        case RegKind::const_ptr_to_map:
            return or_null ? refuse() : check_map_struct(number, off, size, access, value);
        case RegKind::ptr_to_arena: return loaded(true);
        case RegKind::not_init:
        case RegKind::scalar_value:
        case RegKind::ptr_to_packet_end:
        case RegKind::ptr_to_func:
        case RegKind::const_ptr_to_dynptr: return refuse();
    }
    bug("no such kind of register");
}

bool Analysis::check_alignment(const Reg& pointer, int off, int size, bool strict) {
    strict |= has_flag(load_flag::strict_alignment);
    std::string_view what;
    const bool has_flags = pointer.type != RegType{pointer.type.kind};
    switch (has_flags ? RegKind::not_init : pointer.type.kind) {
        case RegKind::ptr_to_packet:
        case RegKind::ptr_to_packet_meta: {
            constexpr int ip_align = 2;  // NET_IP_ALIGN of machines that care.
            if (!strict || size == 1) return true;
            const Tnum at = tnum_add(
                pointer.num.var_off,
                tnum_const(static_cast<std::uint64_t>(std::int64_t{ip_align} + pointer.off + off)));
            return at.is_aligned(static_cast<std::uint64_t>(size)) ||
                   reject(EACCES, "misaligned packet access off {}+{}+{}+{} size {}", ip_align,
                          text_of(pointer.num.var_off), pointer.off, off, size);
        }
        case RegKind::ptr_to_flow_keys: what = "flow keys "; break;
        case RegKind::ptr_to_map_key: what = "key "; break;
        case RegKind::ptr_to_map_value: what = "value "; break;
        case RegKind::ptr_to_ctx: what = "context "; break;
        case RegKind::ptr_to_stack:
            what = "stack ";
            strict = true;  // Spills are tracked by slots.
            break;
        case RegKind::ptr_to_socket: what = "sock "; break;
        case RegKind::ptr_to_sock_common: what = "sock_common "; break;
        case RegKind::ptr_to_tcp_sock: what = "tcp_sock "; break;
        case RegKind::ptr_to_xdp_sock: what = "xdp_sock "; break;
        case RegKind::ptr_to_arena: return true;
        default: break;
    }
    if (!strict || size == 1) return true;
    const Tnum at =
        tnum_add(pointer.num.var_off,
                 tnum_const(static_cast<std::uint64_t>(std::int64_t{pointer.off} + off)));
    return at.is_aligned(static_cast<std::uint64_t>(size)) ||
           reject(EACCES, "misaligned {}access off {}+{}+{} size {}", what,
                  text_of(pointer.num.var_off), pointer.off, off, size);
}

// --- Regions of a known size.

bool Analysis::check_range(unsigned number, std::int64_t off, std::int64_t size,
                           std::int64_t region_size, bool zero_size_allowed) {
    const bool size_ok = size > 0 || (size == 0 && zero_size_allowed);
    if (off >= 0 && size_ok && off + size <= region_size) return true;
    const Reg& pointer = reg(number);
    switch (pointer.type.kind) {
        case RegKind::ptr_to_map_key:
            return reject(EACCES, "invalid access to map key, key_size={} off={} size={}",
                          region_size, off, size);
        case RegKind::ptr_to_map_value:
            return reject(EACCES, "invalid access to map value, value_size={} off={} size={}",
                          region_size, off, size);
        case RegKind::ptr_to_packet:
        case RegKind::ptr_to_packet_meta:
        case RegKind::ptr_to_packet_end:
            return reject(EACCES,
                          "invalid access to packet, off={} size={}, R{}(id={},off={},r={})", off,
                          size, number, pointer.id, off, region_size);
        default:
            return reject(EACCES, "invalid access to memory, mem_size={} off={} size={}",
                          region_size, off, size);
    }
}

bool Analysis::check_region(unsigned number, int off, int size, std::uint32_t region_size,
                            bool zero_size_allowed) {
    const Scalar& num = reg(number).num;
    const std::int64_t least = num.smin == INT64_MIN ? num.smin : num.smin + off;
    if (num.smin < 0 &&
        (num.smin == INT64_MIN || least != static_cast<std::int32_t>(least) || least < 0))
        return reject(EACCES,
                      "R{} min value is negative, either use unsigned index or do a if (index >=0) "
                      "check.",
                      number);
    if (!check_range(number, static_cast<std::int32_t>(least), size, region_size,
                     zero_size_allowed))
        return reject(EACCES, "R{} min value is outside of the allowed memory range", number);
    if (num.umax >= static_cast<std::uint64_t>(max_var_off))
        return reject(EACCES,
                      "R{} unbounded memory access, make sure to bounds check any such access",
                      number);
    if (!check_range(number, static_cast<std::int64_t>(num.umax) + off, size, region_size,
                     zero_size_allowed))
        return reject(EACCES, "R{} max value is outside of the allowed memory range", number);
    return true;
}

// --- Maps.

bool Analysis::check_map_capability(const Reg& pointer, int off, int size, Access access) {
    const Map& map = map_of(pointer);
    if (access == Access::write && !map.can_write())
        return reject(EACCES, "write into map forbidden, value_size={} off={} size={}",
                      map.spec->value_size, off, size);
    if (access == Access::read && !map.can_read())
        return reject(EACCES, "read from map forbidden, value_size={} off={} size={}",
                      map.spec->value_size, off, size);
    return true;
}

bool Analysis::check_map_value(unsigned number, int off, int size, bool zero_size_allowed,
                               bool direct) {
    const Reg& pointer = reg(number);
    const Map& map = map_of(pointer);
    if (!check_region(number, off, size, map.spec->value_size, zero_size_allowed)) return false;
    for (const SpecialField& field : map.fields) {
        const std::int64_t begin = pointer.num.smin + off;
        const auto end = static_cast<std::int64_t>(pointer.num.umax) + off + size;
        if (begin >= std::int64_t{field.offset} + field.size || end <= field.offset) continue;
        if (!field.is_kptr() && field.kind != FieldKind::uptr)
            return reject(EACCES, "{} cannot be accessed directly by load/store",
                          text_of(field.kind));
        const std::string_view name =
            text_of(field.kind == FieldKind::kptr_untrusted ? FieldKind::kptr : field.kind);
        if (!direct) return reject(EACCES, "{} cannot be accessed indirectly by helper", name);
        if (!pointer.num.is_const())
            return reject(EACCES, "{} access cannot have variable offset", name);
        if (begin != field.offset)
            return reject(EACCES, "{} access misaligned expected={} off={}", name, field.offset,
                          begin);
        if (size != slot_size) return reject(EACCES, "{} access size must be BPF_DW", name);
    }
    return true;
}

bool Analysis::check_map_access(unsigned number, int off, int size, Access access,
                                std::optional<unsigned> value, bool sign_extends) {
    const Reg& pointer = reg(number);
    const Map& map = map_of(pointer);
    if (!check_map_capability(pointer, off, size, access)) return false;
    if (!check_map_value(number, off, size, false, true)) return false;
    const auto kptr = std::ranges::find_if(map.fields, [&](const SpecialField& field) {
        const bool is_pointer = field.is_kptr() || field.kind == FieldKind::uptr;
        return is_pointer && pointer.num.is_const() && field.offset == pointer.num.smin + off;
    });
    if (kptr != map.fields.end()) return check_kptr_access(*kptr, value);
    if (access == Access::write || !value) return true;
    if (!pointer.num.is_const() || !map.is_constant() || !map.has_direct_values()) {
        load_unknown(value);
        return true;
    }
    const std::uint64_t at = pointer.num.var_off.value + static_cast<std::uint64_t>(off);
    std::uint64_t loaded = 0;
    for (int i = size; i-- > 0;) {
        const std::uint64_t index = at + static_cast<std::uint64_t>(i);
        const auto byte = index < map.spec->contents.size()
                              ? std::to_integer<std::uint64_t>(map.spec->contents[index])
                              : 0;
        loaded = loaded << 8 | byte;
    }
    Reg constant = Reg::constant(loaded);
    if (sign_extends) constant.num.sign_extend(static_cast<unsigned>(size), 64);
    reg(*value) = constant;
    return true;
}

// --- The context.

bool Analysis::check_plain_pointer(const Reg& pointer, unsigned number, bool fixed_off_ok) {
    if (pointer.off < 0)
        return reject(EACCES, "negative offset {} ptr R{} off={} disallowed", text_of(pointer.type),
                      number, pointer.off);
    if (!fixed_off_ok && pointer.off != 0)
        return reject(EACCES, "dereference of modified {} ptr R{} off={} disallowed",
                      text_of(pointer.type), number, pointer.off);
    if (!pointer.num.is_const_value(0))
        return reject(EACCES, "variable {} access var_off={} disallowed", text_of(pointer.type),
                      text_of(pointer.num.var_off));
    return true;
}

bool Analysis::check_context_access(unsigned number, int off, int size, Access access,
                                    std::optional<unsigned> value, bool sign_extends) {
    if (!check_plain_pointer(reg(number), number, false)) return false;
    if (!context_.exists()) return check_passed_value(off, size, access, value);
    const auto field =
        context_.find({static_cast<std::uint32_t>(off), static_cast<std::uint32_t>(size),
                       access == Access::write, sign_extends});
    if (off < 0 || !field)
        return reject(EACCES, "invalid bpf_context access off={} size={}", off, size);
    if (access == Access::write || !value) return true;
    Reg& loaded = reg(*value);
    if (field->type.kind == RegKind::scalar_value) {
        loaded.make_unknown();
        return true;
    }
    loaded = Reg::pointer(field->type);
    if (loaded.may_be_null()) loaded.id = ++last_id_;
    return true;
}

bool Analysis::check_socket_access(unsigned number, int off, int size, Access access,
                                   std::optional<unsigned> value) {
    const Reg& pointer = reg(number);
    if (pointer.num.smin < 0)
        return reject(EACCES,
                      "R{} min value is negative, either use unsigned index or do a if (index >=0) "
                      "check.",
                      number);
    if (off < 0 || !is_socket_field(pointer.type.kind, static_cast<std::uint32_t>(off),
                                    static_cast<std::uint32_t>(size)))
        return reject(EACCES, "R{} invalid {} access off={} size={}", number, text_of(pointer.type),
                      off, size);
    if (access == Access::read) load_unknown(value);
    return true;
}

// --- Packets and buffers.

bool Analysis::check_packet(unsigned number, int off, int size, bool zero_size_allowed) {
    const Reg& pointer = reg(number);
    if (pointer.num.smin < 0)
        return reject(EACCES,
                      "R{} min value is negative, either use unsigned index or do a if (index >=0) "
                      "check.",
                      number);
    if (pointer.target < 0) return reject(EINVAL, "R{} offset is outside of the packet", number);
    if (!check_range(number, off, size, pointer.target, zero_size_allowed))
        return reject(EACCES, "R{} offset is outside of the packet", number);
    return true;
}

bool Analysis::check_buffer(unsigned number, int off, int size, std::string_view kind) {
    const Reg& pointer = reg(number);
    if (off < 0)
        return reject(EACCES, "R{} invalid {} buffer access: off={}, size={}", number, kind, off,
                      size);
    if (!pointer.num.is_const_value(0))
        return reject(EACCES, "R{} invalid variable buffer offset: off={}, var_off={}", number, off,
                      text_of(pointer.num.var_off));
    return true;
}

}  // namespace bpftwin::verifier
