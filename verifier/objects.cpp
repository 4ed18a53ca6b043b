// Pointers to objects of the kernel: loads and stores behind them, helpers that take and give them,
// variables of the kernel (kernel/bpf/verifier.c: check_ptr_to_btf_access, check_ptr_to_map_access,
// check_reg_type, check_pseudo_btf_id).
#include <algorithm>

#include "verifier/analysis.h"
#include "verifier/helper_objects.h"
#include "verifier/kfunc_call.h"
#include "verifier/object_writes.h"

namespace bpftwin::verifier {
bool Analysis::has_kernel_types() {
    return types_.kernel || give_up(std::string(lacks_kernel_types));
}

std::optional<std::uint32_t> Analysis::kernel_struct(std::string_view name) {
    if (!has_kernel_types()) return std::nullopt;
    const auto id = types_.kernel->find(name, BtfKind::struct_);
    if (!id) give_up(fmt::format("a kernel without struct {}", name));
    return id;
}

// --- Loads and stores.

bool Analysis::check_object_pointer(const Reg& pointer, unsigned number, std::int64_t off) {
    const std::string_view name = types_.name_of(pointer);
    const bool is_kernels = pointer.uid == static_cast<std::uint32_t>(TypeSource::kernel);
    if (!gpl_ && is_kernels)
        return reject(EINVAL, "Cannot access kernel 'struct {}' from non-GPL compatible program",
                      name);
    if (off < 0)
        return reject(EACCES, "R{} is ptr_{} invalid negative access: off={}", number, name, off);
    if (!pointer.num.is_const_value(0))
        return reject(EACCES, "R{} is ptr_{} invalid variable offset: off={}, var_off={}", number,
                      name, off, text_of(pointer.num.var_off));
    if (pointer.type.has(mem_user))
        return reject(EACCES, "R{} is ptr_{} access user memory: off={}", number, name, off);
    if (pointer.type.has(mem_percpu))
        return reject(EACCES, "R{} is ptr_{} access percpu memory: off={}", number, name, off);
    return true;
}

bool Analysis::check_object_write(const Reg& pointer, std::int64_t off, int size) {
    if (pointer.type.has(ptr_untrusted)) return reject(EACCES, "only read is supported");
    auto allowed = verifier::check_object_write(
        program_, types_.of(pointer), static_cast<std::uint32_t>(pointer.target), off, size);
    return take(allowed);
}

bool Analysis::check_object_access(unsigned number, std::int64_t off, int size, Access access,
                                   std::optional<unsigned> value) {
    if (!has_kernel_types()) return false;
    const Reg pointer = reg(number);
    if (!check_object_pointer(pointer, number, off)) return false;
    if (is_own_object(pointer)) {
        if (!pointer.type.has(non_own_ref | mem_rcu) && pointer.ref_obj_id == 0)
            return reject(EFAULT, "verifier bug: ref_obj_id for allocated object must be non-zero");
        return check_own_access(pointer, off, size, access == Access::read ? value : std::nullopt);
    }
    if (access == Access::write && pointer.type.has(ptr_untrusted))
        return reject(EACCES, "only read is supported");
    if (access == Access::write) return check_object_write(pointer, off, size);
    const Btf& types = types_.of(pointer);
    auto field = field_of(types, static_cast<std::uint32_t>(pointer.target), off, size);
    if (!take(field)) return false;
    if (!value) return true;
    if (field->kind == ObjectField::Kind::object) field->flags = trust_of(pointer, *field);
    load_field(reg(*value), *field, static_cast<TypeSource>(pointer.uid));
    return true;
}

/// Flags of a pointer that was loaded from an object.
std::uint16_t Analysis::trust_of(const Reg& parent, const ObjectField& field) const {
    constexpr std::uint16_t trusting = mem_alloc | ptr_trusted | non_own_ref | mem_rcu;
    const auto untrusting = static_cast<std::uint16_t>(field.flags & ~trusting);
    const auto with = [&](unsigned flags) {
        return static_cast<std::uint16_t>(field.flags | flags);
    };
    if (parent.type.has(ptr_untrusted)) return ptr_untrusted;
    if (!parent.is_trusted() && !parent.is_rcu()) return untrusting;
    const auto listed = [&](std::string_view list) {
        return is_listed(types_.of(parent), static_cast<std::uint32_t>(parent.target), list, field);
    };
    if (listed("__safe_trusted")) return with(ptr_trusted);
    if (listed("__safe_trusted_or_null")) return with(ptr_trusted | maybe_null);
    if (!in_rcu_section()) return ptr_untrusted;
    if (listed("__safe_rcu")) return with(mem_rcu);
    if (listed("__safe_rcu_or_null"))
        return static_cast<std::uint16_t>(with(mem_rcu | maybe_null) & ~ptr_untrusted);
    if ((field.flags & mem_rcu) != 0) return with(maybe_null);
    return (field.flags & (mem_percpu | mem_user)) != 0 ? field.flags : untrusting;
}

void Analysis::load_field(Reg& loaded, const ObjectField& field, TypeSource source) {
    switch (field.kind) {
        case ObjectField::Kind::object:
            loaded = object_pointer(field.type, field.flags, source);
            if (loaded.may_be_null()) loaded.id = ++last_id_;
            break;
        case ObjectField::Kind::memory:
            loaded = Reg::pointer({RegKind::ptr_to_mem, mem_rdonly | ptr_untrusted});
            break;
        default: loaded.make_unknown(); break;
    }
}

bool Analysis::check_map_struct(unsigned number, std::int64_t off, int size, Access access,
                                std::optional<unsigned> value) {
    const std::string_view name = struct_of_map(map_of(reg(number)).type());
    if (name.empty())
        return reject(not_supported, "map_ptr access not supported for map type {}",
                      static_cast<std::uint32_t>(map_of(reg(number)).type()));
    const auto id = kernel_struct(name);
    if (!id) return false;
    if (off < 0)
        return reject(EACCES, "R{} is {} invalid negative access: off={}", number, name, off);
    if (access == Access::write) return reject(EACCES, "only read from {} is supported", name);
    auto field = field_of(*types_.kernel, *id, off, size);
    if (!take(field)) return false;
    if (value) load_field(reg(*value), *field, TypeSource::kernel);
    return true;
}

// --- Contexts.

bool Analysis::check_passed_value(int off, int size, Access access, std::optional<unsigned> value) {
    const auto found = passed_value(program_, attach_, *types_.kernel,
                                    {static_cast<std::uint32_t>(off),
                                     static_cast<std::uint32_t>(size), access == Access::write});
    if (!found.note.empty()) say("{}", found.note);
    if (!found.allowed)
        return reject(EACCES, "invalid bpf_context access off={} size={}", off, size);
    if (!value) return true;
    Reg& loaded = reg(*value);
    loaded = Reg::pointer(found.type);
    if (found.type.kind == RegKind::scalar_value) loaded.make_unknown();
    if (found.type.kind == RegKind::ptr_to_btf_id)
        loaded = object_pointer(found.object, found.type.flags);
    if (loaded.may_be_null()) loaded.id = ++last_id_;
    if (found.is_retval) return limit_retval(loaded);
    return true;
}

/// What a hook's function returned before is in the range that its programs may return.
bool Analysis::limit_retval(Reg& result) {
    const auto range = return_range(program_);
    if (!range || attach_.returns_nothing()) return give_up("results of hooks");
    Scalar& num = result.num;
    num.smin = num.s32_min = range->min;
    num.smax = num.s32_max = range->max;
    num.sync();
    return true;
}

// --- Helpers.

/// Whether a pointer to an object is one that the helper takes, whose kind fits already.
bool Analysis::check_object_argument(const Reg& value, unsigned number, const Arg& arg,
                                     const Helper& helper) {
    if (value.type.has(mem_alloc | mem_percpu | non_own_ref))
        return give_up("objects of the program");
    if (value.may_be_null() && (!arg.or_null || arg.release))
        return reject(EACCES, "Possibly NULL pointer passed to helper arg{}", number);
    const bool takes_sockets = arg.type != ArgType::btf_id;
    const auto name = takes_sockets ? std::string_view("sock_common") : object_taken_by(helper);
    if (name.empty()) return give_up("helpers that take kernel objects");
    const auto wanted = kernel_struct(name);
    return wanted &&
           check_object_struct(value, number, *wanted, arg.release && helper.name != "sk_release");
}

/// Whether an object is of the kernel's struct, or begins with it where that is enough.
bool Analysis::check_object_struct(const Reg& value, unsigned number, std::uint32_t wanted,
                                   bool strict) {
    if (value.uid == static_cast<std::uint32_t>(TypeSource::kernel) &&
        has_struct(*types_.kernel, static_cast<std::uint32_t>(value.target), value.off, wanted,
                   strict))
        return true;
    return reject(EACCES, "R{} is of type {} but {} is expected", number, types_.name_of(value),
                  types_.kernel->type(wanted).name);
}

/// The object that a helper gives, whose kind says no more than that.
bool Analysis::set_object_result(const Helper& helper) {
    const std::string_view name = object_returned_by(helper);
    if (name.empty()) return give_up("helpers that return kernel objects");
    const auto id = kernel_struct(name);
    if (!id) return false;
    const bool or_null = helper.returns == RetType::btf_id_or_null;
    const bool trusted = helper.returns == RetType::btf_id_trusted;
    reg(0) = object_pointer(*id, static_cast<std::uint16_t>((or_null ? maybe_null : no_flag) |
                                                            (trusted ? ptr_trusted : no_flag)));
    return true;
}

/// The variable of one CPU, of which the argument was that of each.
bool Analysis::set_variable_result(const Helper& helper, const Reg& variable) {
    const bool or_null = helper.returns == RetType::mem_or_btf_id_or_null;
    const auto type = static_cast<std::uint32_t>(variable.target);
    if (variable.type.has(mem_rcu)) return set_object_of_cpu(variable);
    return set_variable(reg(0), type, or_null ? maybe_null : no_flag);
}

/// One CPU's part of an object that was allocated for each.
bool Analysis::set_object_of_cpu(const Reg& object) {
    const auto type = static_cast<std::uint32_t>(object.target);
    if (types_.of(object).kind(type) != BtfKind::struct_)
        return reject(EFAULT, "Helper has invalid btf/btf_id in R1");
    reg(0) = object_pointer(type, mem_alloc | mem_rcu, static_cast<TypeSource>(object.uid));
    return true;
}

/// A pointer to a variable of the kernel of that type: objects may be followed, others only read.
bool Analysis::set_variable(Reg& pointer, std::uint32_t type, std::uint16_t flags) {
    const Btf& types = *types_.kernel;
    if (is_aggregate(types.kind(types.resolve(type)))) {
        pointer = object_pointer(type, flags);
        return true;
    }
    const auto size = types.size_of(type);
    if (!size)
        return reject(EINVAL, "unable to resolve the size of type '{}': -22",
                      types.type(types.resolve(type)).name);
    pointer = Reg::pointer({RegKind::ptr_to_mem, static_cast<std::uint16_t>(flags | mem_rdonly)});
    pointer.target = static_cast<std::int32_t>(*size);
    return true;
}

// --- Variables and functions of the kernel.

/// Before the walk: whether the constant names one.
bool Analysis::check_kernel_name(std::uint32_t insn) {
    if (!has_kernel_types()) return false;
    const auto id = static_cast<std::uint32_t>(program_.insns[insn].imm);
    if (program_.insns[insn + 1].imm != 0) return give_up("variables of modules");
    if (id >= types_.kernel->type_count())
        return reject(ENOENT, "ldimm64 insn specifies invalid btf_id {}.", id);
    const BtfType& named = types_.kernel->type(id);
    if (named.kind != BtfKind::var && named.kind != BtfKind::func)
        return reject(EINVAL, "pseudo btf_id {} in ldimm64 isn't KIND_VAR or KIND_FUNC", id);
    return !options_.has_symbol || options_.has_symbol(named.name) ||
           reject(ENOENT, "ldimm64 failed to find the address for kernel symbol '{}'.", named.name);
}

namespace {

bool is_percpu(const Btf& types, std::uint32_t variable) {
    const auto section = types.find(".data..percpu", BtfKind::datasec);
    return section && std::ranges::count(types.section_vars(types.type(*section)), variable,
                                         &BtfSectionVar::type) != 0;
}

}  // namespace

bool Analysis::set_kernel_name(Reg& pointer, std::uint32_t id) {
    const BtfType& named = types_.kernel->type(id);
    if (named.kind == BtfKind::func) {
        pointer = Reg::pointer({RegKind::ptr_to_mem, mem_rdonly});
        return true;
    }
    if (!is_percpu(*types_.kernel, id)) return set_variable(pointer, named.type, no_flag);
    pointer = object_pointer(named.type, mem_percpu);
    return true;
}

}  // namespace bpftwin::verifier
