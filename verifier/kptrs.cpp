// Pointers to objects in values of maps: loads and stores, and their exchange (kernel:
// check_map_kptr_access, map_kptr_match_type, process_kptr_func).
#include <algorithm>

#include "verifier/analysis.h"

namespace bpftwin::verifier {
namespace {

/// Objects of the kernel that stay while the program is in an RCU section (rcu_protected_types).
constexpr std::string_view rcu_protected_types[] = {"prog_test_ref_kfunc", "cgroup", "bpf_cpumask",
                                                    "task_struct", "bpf_crypto_ctx"};

bool is_graph_node(const SpecialField& field) {
    return field.kind == FieldKind::rb_node || field.kind == FieldKind::list_node;
}

}  // namespace

std::optional<Analysis::Pointee> Analysis::pointee_of(const SpecialField& field) {
    if (!has_kernel_types()) return {};
    const BtfType& type = types_.program->type(field.type);
    const auto kernels = types_.kernel->find(type.name, type.kind);
    if (kernels && field.kind == FieldKind::percpu_kptr) {
        give_up("objects of the kernel for each CPU");
        return {};
    }
    return kernels ? Pointee{TypeSource::kernel, *kernels}
                   : Pointee{TypeSource::program, field.type};
}

/// How far a pointer that was loaded may be trusted (btf_ld_kptr_type).
std::uint16_t Analysis::trust_of(const SpecialField& field, const Pointee& pointee) const {
    const bool is_kernels = pointee.source == TypeSource::kernel;
    const std::string_view name = types_.program->type(field.type).name;
    const bool stays =
        field.is_owned() && (!is_kernels || std::ranges::count(rcu_protected_types, name) != 0);
    if (!stays || !in_rcu_section()) return maybe_null | ptr_untrusted;
    std::uint16_t flags = maybe_null | mem_rcu;
    if (field.kind == FieldKind::percpu_kptr)
        flags |= mem_percpu;
    else if (!is_kernels)
        flags |= mem_alloc;
    if (!is_kernels &&
        std::ranges::any_of(object_fields_of(*types_.program, field.type, types_.kernel),
                            is_graph_node))
        flags |= non_own_ref;
    return flags;
}

bool Analysis::load_kptr(Reg& loaded, const SpecialField& field) {
    if (field.kind == FieldKind::uptr) {
        loaded = Reg::pointer({RegKind::ptr_to_mem, maybe_null});
        loaded.target = static_cast<std::int32_t>(types_.program->size_of(field.type).value_or(0));
    } else {
        const auto pointee = pointee_of(field);
        if (!pointee) return false;
        loaded = object_pointer(pointee->type, trust_of(field, *pointee), pointee->source);
    }
    loaded.id = ++last_id_;
    return true;
}

bool Analysis::check_kptr_access(const SpecialField& field, std::optional<unsigned> value) {
    const Family family = info(ops_[insn_]).family;
    if (family == Family::ldx && value) return load_kptr(reg(*value), field);
    if (family != Family::st && family != Family::stx)
        return reject(EACCES, "kptr in map can only be accessed using BPF_MEM instruction mode");
    if (field.is_owned()) return reject(EACCES, "store to referenced kptr disallowed");
    if (field.kind == FieldKind::uptr) return reject(EACCES, "store to uptr disallowed");
    if (family == Family::st)
        return insn().imm == 0 ||
               reject(EACCES, "BPF_ST imm must be 0 when storing to kptr at off={}", field.offset);
    if (reg(*value).is_null()) return mark_precise(*value);
    return check_stored_kptr(field, *value);
}

/// Whether the field may hold the pointer.
bool Analysis::check_stored_kptr(const SpecialField& field, unsigned number) {
    const Reg& value = reg(number);
    const auto pointee = pointee_of(field);
    if (!pointee) return false;
    const bool is_kernels = value.uid == static_cast<std::uint32_t>(TypeSource::kernel);
    const bool is_percpu = field.kind == FieldKind::percpu_kptr;
    std::uint16_t allowed = maybe_null;
    allowed |= is_kernels ? ptr_trusted | mem_rcu : mem_alloc;
    if (is_kernels && !field.is_owned()) allowed |= ptr_untrusted;
    if (!is_kernels && is_percpu) allowed |= mem_percpu;
    const bool is_object = value.type.kind == RegKind::ptr_to_btf_id &&
                           (value.type.flags & ~allowed) == 0 &&
                           value.type.has(mem_percpu) == is_percpu;
    if (is_object && !check_plain_pointer(value, number, true)) return false;
    if (is_object && value.uid == static_cast<std::uint32_t>(pointee->source) &&
        has_struct(types_.of(value), static_cast<std::uint32_t>(value.target), value.off,
                   pointee->type, field.is_owned()))
        return true;
    const std::string_view wanted = types_.program->type(field.type).name;
    std::string line = fmt::format("invalid kptr access, R{} type={}{} expected={}{}", number,
                                   text_of(value.type), is_object ? types_.name_of(value) : "",
                                   text_of(RegType{RegKind::ptr_to_btf_id}), wanted);
    if (!field.is_owned())
        line += fmt::format(" or {}{}", text_of(RegType{RegKind::ptr_to_btf_id, ptr_untrusted}),
                            wanted);
    return reject(EACCES, line);
}

// --- kptr_xchg

/// Where the pointer is that the helper exchanges.
bool Analysis::check_exchanged_field(unsigned number, CallFacts& call) {
    const Reg& pointer = reg(number);
    if (pointer.type.kind != RegKind::ptr_to_btf_id) {
        const Map& map = map_of(pointer);
        if (!map.has_btf)
            return reject(EINVAL, "map '{}' has to have BTF in order to use bpf_kptr_xchg",
                          map.name());
        call.map = pointer.target;
    }
    if (!pointer.num.is_const())
        return reject(EINVAL,
                      "R{} doesn't have constant offset. kptr has to be at the constant offset",
                      number);
    const auto fields = record_of(pointer);
    if (std::ranges::none_of(fields, &SpecialField::is_kptr))
        return reject(EINVAL, "R{} has no valid kptr", number);
    const auto off = static_cast<std::int64_t>(pointer.num.var_off.value) + pointer.off;
    const auto field = std::ranges::find_if(
        fields, [&](const SpecialField& one) { return one.is_kptr() && one.offset == off; });
    if (field == fields.end()) return reject(EACCES, "off={} doesn't point to kptr", off);
    if (!field->is_owned()) return reject(EACCES, "off={} kptr isn't referenced kptr", off);
    call.exchanged = &*field;
    return true;
}

/// Whether the object that is put there is one, whose kind fits already.
bool Analysis::check_exchanged_object(unsigned number, const SpecialField& field) {
    const Reg& value = reg(number);
    if (value.type.has(mem_alloc)) {
        if (value.type.has(maybe_null | mem_rcu | non_own_ref))
            return give_up("objects of the program");
    } else if (value.may_be_null()) {
        return reject(EACCES, "Possibly NULL pointer passed to helper arg{}", number);
    }
    return check_stored_kptr(field, number);
}

/// The object that was there.
bool Analysis::set_exchanged(const SpecialField& field) {
    const auto pointee = pointee_of(field);
    if (!pointee) return false;
    std::uint16_t flags = maybe_null;
    if (pointee->source == TypeSource::program) flags |= mem_alloc;
    if (field.kind == FieldKind::percpu_kptr) flags |= mem_percpu;
    reg(0) = object_pointer(pointee->type, flags, pointee->source);
    return true;
}

/// An object for each CPU that the program gave to the map may be used until the RCU section ends.
void Analysis::keep_exchanged(std::uint32_t reference) {
    if (!in_rcu_section()) return;
    const auto is_kept = [&](const Reg& reg) {
        constexpr std::uint16_t owned = mem_alloc | mem_percpu;
        return reg.ref_obj_id == reference && (reg.type.flags & owned) == owned;
    };
    state_->change_regs(is_kept, [](Reg& reg) {
        reg.ref_obj_id = 0;
        reg.type.flags = static_cast<std::uint16_t>((reg.type.flags & ~mem_alloc) | mem_rcu);
    });
}

}  // namespace bpftwin::verifier
