// Arguments of helpers against their prototypes (kernel: check_func_arg).
#include <algorithm>
#include <span>

#include "verifier/analysis.h"
#include "verifier/context_access.h"

namespace bpftwin::verifier {
namespace {

using enum RegKind;

constexpr RegType any_memory[] = {{ptr_to_stack},
                                  {ptr_to_packet},
                                  {ptr_to_packet_meta},
                                  {ptr_to_map_key},
                                  {ptr_to_map_value},
                                  {ptr_to_mem},
                                  {ptr_to_mem, mem_ringbuf},
                                  {ptr_to_buf},
                                  {ptr_to_btf_id, ptr_trusted}};
constexpr RegType any_socket[] = {
    {ptr_to_sock_common}, {ptr_to_socket}, {ptr_to_tcp_sock}, {ptr_to_xdp_sock}};
constexpr RegType socket_or_object[] = {{ptr_to_sock_common}, {ptr_to_socket},
                                        {ptr_to_tcp_sock},    {ptr_to_xdp_sock},
                                        {ptr_to_btf_id},      {ptr_to_btf_id, ptr_trusted}};
constexpr RegType lockable[] = {{ptr_to_map_value}, {ptr_to_btf_id, mem_alloc}};
constexpr RegType map_value[] = {{ptr_to_map_value}};
constexpr RegType any_scalar[] = {{scalar_value}};
constexpr RegType context[] = {{ptr_to_ctx}};
constexpr RegType map_pointer[] = {{const_ptr_to_map}};
constexpr RegType function[] = {{ptr_to_func}};
constexpr RegType stack[] = {{ptr_to_stack}};
constexpr RegType record[] = {{ptr_to_mem, mem_ringbuf}};
constexpr RegType dynptr[] = {{ptr_to_stack}, {const_ptr_to_dynptr}};
constexpr RegType object[] = {
    {ptr_to_btf_id}, {ptr_to_btf_id, ptr_trusted}, {ptr_to_btf_id, mem_rcu}};
constexpr RegType percpu_object[] = {{ptr_to_btf_id, mem_percpu},
                                     {ptr_to_btf_id, mem_percpu | mem_rcu},
                                     {ptr_to_btf_id, mem_percpu | ptr_trusted}};
constexpr RegType exchanged[] = {{ptr_to_map_value}, {ptr_to_btf_id, mem_alloc}};
constexpr RegType full_socket[] = {{ptr_to_socket}};

/// What a register may hold for an argument, in the order in which the kernel's log lists it
/// (compatible_reg_types).
std::span<const RegType> types_for(ArgType type) {
    switch (type) {
        case ArgType::map_key:
        case ArgType::map_value:
        case ArgType::mem: return any_memory;
        case ArgType::const_size:
        case ArgType::const_size_or_zero:
        case ArgType::const_alloc_size_or_zero: return any_scalar;
        case ArgType::const_map_ptr: return map_pointer;
        case ArgType::ctx: return context;
        case ArgType::sock_common: return any_socket;
        case ArgType::btf_id_sock_common: return socket_or_object;
        case ArgType::socket: return full_socket;
        case ArgType::spin_lock: return lockable;
        case ArgType::timer:
        case ArgType::const_str: return map_value;
        case ArgType::func: return function;
        case ArgType::stack: return stack;
        case ArgType::btf_id: return object;
        case ArgType::kptr_xchg_dest: return exchanged;
        case ArgType::percpu_btf_id: return percpu_object;
        case ArgType::ringbuf_mem: return record;
        case ArgType::dynptr:
        case ArgType::ringbuf_dynptr: return dynptr;
        default: return {};
    }
}

}  // namespace

bool Analysis::check_argument(const Helper& helper, unsigned index, CallFacts& call) {
    const Arg& arg = helper.args[index];
    const unsigned number = index + 1;
    if (arg.type == ArgType::none) return true;
    if (!read_reg(number)) return false;
    if (arg.type == ArgType::anything) return true;
    const Reg& value = reg(number);
    if (value.is_packet() && !may_pass_packet(program_.type, helper))
        return reject(EACCES, "helper access to the packet is not allowed");
    if (arg.type == ArgType::map_value && !call.map)
        return reject(EACCES, "invalid map_ptr to access map->type");
    const bool is_absent = value.is_null() && arg.or_null;
    if (!is_absent && (!check_argument_type(value, number, arg, call) ||
                       !check_argument_offset(value, number, arg)))
        return false;
    if (arg.release) {
        if (arg.type == ArgType::ringbuf_dynptr) {
            if (!check_released_dynptr(value, number)) return false;
        } else if (value.ref_obj_id == 0 && !value.is_null()) {
            return reject(EINVAL, "R{} must be referenced when passed to release function", number);
        }
        call.release_reg = number;
    }
    if (value.ref_obj_id != 0 && arg.type != ArgType::kptr_xchg_dest) {
        if (call.ref_obj_id != 0) return confused("two references as arguments");
        call.ref_obj_id = value.ref_obj_id;
    }
    return check_argument_value(helper, index, call);
}

bool Analysis::check_argument_type(const Reg& value, unsigned number, const Arg& arg,
                                   const CallFacts& call) {
    RegType type = value.type;
    if (!arg.write) type.flags &= static_cast<std::uint16_t>(~mem_rdonly);
    if (arg.or_null) type.flags &= static_cast<std::uint16_t>(~maybe_null);
    if (arg.type == ArgType::mem)
        type.flags &= static_cast<std::uint16_t>(~(dynptr_slice | packet_slice));
    // Objects of the program, too, may be put into maps.
    if (call.exchanged && type.has(mem_alloc))
        type.flags &= static_cast<std::uint16_t>(~(mem_alloc | mem_percpu));
    auto allowed = types_for(arg.type);
    if (arg.type == ArgType::map_value && call.map) {
        const MapType map = maps_[static_cast<std::size_t>(*call.map)].type();
        if (map == MapType::sockmap || map == MapType::sockhash) allowed = socket_or_object;
    }
    if (allowed.empty()) return confused("an argument of an unknown type");
    if (!check_one_of(value, number, type, allowed)) return false;
    if (value.type.kind != ptr_to_btf_id || arg.type == ArgType::percpu_btf_id ||
        arg.type == ArgType::spin_lock || arg.type == ArgType::kptr_xchg_dest)
        return true;
    if (call.exchanged) return check_exchanged_object(number, *call.exchanged);
    if (allowed.data() != any_memory)
        return check_object_argument(value, number, arg, *call.helper);
    // Keys and values count as written.
    const bool is_read =
        !arg.write && arg.type != ArgType::map_key && arg.type != ArgType::map_value;
    return is_read || reject(EACCES, "bpf_{}() may write into memory pointed by R{} type={}",
                             call.helper->name, number, text_of(value.type));
}

/// @param type the register's, without flags that do not matter.
bool Analysis::check_one_of(const Reg& value, unsigned number, RegType type,
                            std::span<const RegType> allowed) {
    if (std::ranges::find(allowed, type) != allowed.end()) return true;
    std::string expected;
    for (const RegType& one : allowed) {
        if (!expected.empty()) expected += ", ";
        expected += text_of(one);
    }
    return reject(EACCES, "R{} type={} expected={}", number, text_of(value.type), expected);
}

/// An argument of a function of the program that takes an object of the kernel.
bool Analysis::check_object_given(unsigned number, const FunctionArgument& argument) {
    const Reg& value = reg(number);
    if (value.is_null() && argument.or_null) return true;
    RegType type = value.type;
    if (argument.or_null) type.flags &= static_cast<std::uint16_t>(~maybe_null);
    if (!check_one_of(value, number, type, object)) return false;
    return check_object_struct(value, number, argument.size, false) &&
           check_plain_pointer(value, number, true);
}

bool Analysis::check_argument_offset(const Reg& value, unsigned number, const Arg& arg) {
    if (arg.release) {
        if (arg.type == ArgType::ringbuf_dynptr && value.is(ptr_to_stack)) return true;
        if (value.off != 0)
            return reject(EINVAL,
                          "R{} must have zero offset when passed to release func or trusted arg to "
                          "kfunc",
                          number);
        return check_plain_pointer(value, number, false);
    }
    switch (value.type.kind) {
        case ptr_to_stack:
        case ptr_to_packet:
        case ptr_to_packet_meta:
        case ptr_to_map_key:
        case ptr_to_map_value:
        case ptr_to_buf:
        case ptr_to_arena:
        case scalar_value: return true;
        case ptr_to_mem:
            return !value.type.has(dynptr_slice) || check_plain_pointer(value, number, false);
        case ptr_to_btf_id: return check_plain_pointer(value, number, true);
        default: return check_plain_pointer(value, number, false);
    }
}

/// A map as argument; where the one before it is a part of a map's value, that must be this map.
/// @param part as messages name it
/// @param map and `uid`: of the call, so far
bool Analysis::take_map(unsigned number, std::string_view part, std::optional<std::int32_t>& map,
                        std::uint32_t& uid) {
    const Reg& pointer = reg(number);
    if (map && (*map != pointer.target || uid != pointer.uid))
        return reject(EINVAL,
                      "{} pointer in R{} map_uid={} doesn't match map pointer in R{} map_uid={}",
                      part, number - 1, uid, number, pointer.uid);
    map = pointer.target;
    uid = pointer.uid;
    return true;
}

bool Analysis::check_argument_value(const Helper& helper, unsigned index, CallFacts& call) {
    const Arg& arg = helper.args[index];
    const unsigned number = index + 1;
    const Reg& value = reg(number);
    const Access access = arg.write ? Access::write : Access::read;
    const auto map = [&]() -> const MapSpec& {
        return *maps_[static_cast<std::size_t>(*call.map)].spec;
    };
    switch (arg.type) {
        case ArgType::const_map_ptr: return take_map(number, "timer", call.map, call.map_uid);
        case ArgType::map_key:
            if (!call.map) return reject(EACCES, "invalid map_ptr to access map->key");
            return check_helper_memory(number, static_cast<int>(map().key_size), Access::read,
                                       false, nullptr) &&
                   find_constant_key(number, map().key_size, call);
        case ArgType::map_value:
            if (arg.or_null && value.is_null()) return true;
            if (map().type == MapType::sockmap || map().type == MapType::sockhash) return true;
            call.is_raw = arg.uninit;
            return check_helper_memory(number, static_cast<int>(map().value_size), access, false,
                                       &call);
        case ArgType::mem:
            call.is_raw = arg.uninit;
            if (arg.fixed == 0 || (arg.or_null && value.is_null())) return true;
            return check_helper_memory(number, arg.fixed, access, false, &call) &&
                   (!arg.write || check_alignment(value, 0, arg.fixed, true));
        case ArgType::const_size:
        case ArgType::const_size_or_zero: {
            const Access memory = helper.args[index - 1].write ? Access::write : Access::read;
            return check_size(number, memory, arg.type == ArgType::const_size_or_zero, call);
        }
        case ArgType::const_alloc_size_or_zero:
            if (!value.num.is_const())
                return reject(EACCES, "R{} is not a known constant'", number);
            call.mem_size = value.num.var_off.value;
            return mark_precise(number);
        case ArgType::dynptr:
        case ArgType::ringbuf_dynptr: return check_dynptr_argument(arg, number);
        case ArgType::percpu_btf_id: call.variable = value; return true;
        case ArgType::const_str: return check_constant_string(number);
        case ArgType::spin_lock:
            if (in_tree_callback()) return reject(EACCES, "can't spin_{lock,unlock} in rbtree cb");
            return check_lock(number, Reference::Kind::lock, helper.name == "spin_lock");
        case ArgType::kptr_xchg_dest: return check_exchanged_field(number, call);
        case ArgType::timer: return check_timer(number, call);
        case ArgType::func: call.subprogram = static_cast<std::uint32_t>(value.target); return true;
        default: return true;
    }
}

// An element of an array that is certainly there is no null pointer (get_constant_map_key).
bool Analysis::find_constant_key(unsigned number, std::uint32_t size, CallFacts& call) {
    const MapType type = maps_[static_cast<std::size_t>(*call.map)].type();
    const Reg& pointer = reg(number);
    if (type != MapType::array && type != MapType::percpu_array) return true;
    if (!pointer.is(ptr_to_stack) || !pointer.num.is_const()) return true;
    const int off = pointer.off + static_cast<int>(pointer.num.var_off.value);
    const auto index = static_cast<std::uint8_t>((-off - 1) / slot_size);
    const Slot& slot = owner_of(pointer).stack[index];
    const auto last = static_cast<std::size_t>((-off - 1) % slot_size);
    const auto run_of = [&](SlotByte byte) {
        std::uint32_t bytes = 0;
        for (std::size_t i = last + 1; i-- > 0 && slot.bytes[i] == byte;) ++bytes;
        return bytes;
    };
    if (run_of(SlotByte::zero) >= size) {
        call.key = 0;
        return true;
    }
    if (!slot.is_scalar_spill() || run_of(SlotByte::spill) != size || !slot.spilled.is_const())
        return true;
    PlaceSet places;
    places.frame = state_->current;
    places.add({pointer.frame, false, index});
    call.key = slot.spilled.num.var_off.value;
    return mark_precise(*state_, places);
}

bool Analysis::check_helper_memory(unsigned number, int size, Access access, bool zero_size_allowed,
                                   CallFacts* call) {
    const Reg& pointer = reg(number);
    const auto refuse_write = [&] {
        return reject(EACCES, "R{} cannot write into {}", number, text_of(pointer.type));
    };
    switch (pointer.type.kind) {
        case ptr_to_packet:
        case ptr_to_packet_meta: return check_packet(number, pointer.off, size, zero_size_allowed);
        case ptr_to_map_key:
            if (access == Access::write) return refuse_write();
            return check_region(number, pointer.off, size, map_of(pointer).spec->key_size, false);
        case ptr_to_map_value:
            return check_map_capability(pointer, pointer.off, size, access) &&
                   check_map_value(number, pointer.off, size, zero_size_allowed, false);
        case ptr_to_mem:
            if (access == Access::write && pointer.type.has(mem_rdonly)) return refuse_write();
            return check_region(number, pointer.off, size,
                                static_cast<std::uint32_t>(pointer.target), zero_size_allowed);
        case ptr_to_buf:
            if (access == Access::write && pointer.type.has(mem_rdonly)) return refuse_write();
            return check_buffer(number, pointer.off, size,
                                pointer.type.has(mem_rdonly) ? "rdonly" : "rdwr");
        case ptr_to_stack:
            return check_initialised(number, pointer.off, size, zero_size_allowed, access, call);
        case ptr_to_btf_id: return check_object_access(number, pointer.off, size, Access::read, {});
        case ptr_to_ctx:
            if (rewrites_contexts(program_.type)) break;
            if (size == 0) return zero_size_allowed;
            return check_access(number, size - 1, 1, access, {}, false, false);
        default: break;
    }
    if (zero_size_allowed && size == 0 && pointer.is_null()) return true;
    return reject(EACCES, "R{} type={} expected={}", number, text_of(pointer.type),
                  text_of(RegType{ptr_to_stack}));
}

bool Analysis::check_size(unsigned number, Access access, bool zero_size_allowed, CallFacts& call) {
    const Reg& size = reg(number);
    call.max_size = size.num.umax;
    // What of the stack is written is only known for a size that is.
    CallFacts* writes = size.num.is_const() ? &call : nullptr;
    if (size.num.smin < 0)
        return reject(EACCES, "R{} min value is negative, either use unsigned or 'var &= const'",
                      number);
    if (size.num.umin == 0 && !zero_size_allowed)
        return reject(EACCES, "R{} invalid zero-sized read: u64=[{},{}]", number,
                      static_cast<std::int64_t>(size.num.umin),
                      static_cast<std::int64_t>(size.num.umax));
    if (size.num.umax >= static_cast<std::uint64_t>(max_var_off))
        return reject(EACCES,
                      "R{} unbounded memory access, use 'var &= const' or 'if (var < const)'",
                      number);
    return check_helper_memory(number - 1, static_cast<int>(size.num.umax), access,
                               zero_size_allowed, writes) &&
           mark_precise(number);
}

// A part of a map's value that a helper works on (process_spin_lock, process_timer_func).
bool Analysis::check_field(unsigned number, FieldKind kind) {
    const Reg& pointer = reg(number);
    const Map& map = map_of(pointer);
    const std::string_view name = text_of(kind);
    if (!pointer.num.is_const())
        return reject(EINVAL,
                      "R{} doesn't have constant offset. {} has to be at the constant offset",
                      number, name);
    if (!map.has_btf)
        return reject(EINVAL, "map '{}' has to have BTF in order to use {}", map.name(), name);
    const SpecialField* field = map.field(kind);
    if (!field) return reject(EINVAL, "map '{}' has no valid {}", map.name(), name);
    const auto at = static_cast<std::int64_t>(pointer.num.var_off.value) + pointer.off;
    return at == field->offset ||
           reject(EINVAL, "off {} doesn't point to 'struct {}' that is at {}", at, name,
                  field->offset);
}

bool Analysis::check_timer(unsigned number, CallFacts& call) {
    if (!check_field(number, FieldKind::timer)) return false;
    call.map = reg(number).target;
    call.map_uid = reg(number).uid;
    return true;
}

bool Analysis::check_lock(unsigned number, Reference::Kind kind, bool locks) {
    const Reg& pointer = reg(number);
    if (pointer.type.kind == ptr_to_btf_id) return check_object_lock(number, kind, locks);
    if (!check_field(number, lock_field(kind))) return false;
    return locks ? take_lock(kind, pointer.target, pointer.id)
                 : give_lock_back(kind, pointer.target, pointer.id);
}

// Whether a function may read and write memory of that size where the register points
// (check_mem_reg).
bool Analysis::check_memory_of(unsigned number, std::uint32_t size) {
    if (reg(number).is_null()) return true;
    const Reg saved = reg(number);
    if (saved.may_be_null()) mark_not_null(reg(number));
    const bool fits =
        check_helper_memory(number, static_cast<int>(size), Access::read, true, nullptr) &&
        check_helper_memory(number, static_cast<int>(size), Access::write, true, nullptr);
    if (fits && saved.may_be_null()) reg(number) = saved;
    return fits;
}

}  // namespace bpftwin::verifier
