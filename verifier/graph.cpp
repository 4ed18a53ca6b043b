// Objects that programs allocate, and the lists and trees that they keep them in (kernel:
// __process_kf_arg_ptr_to_graph_root, __process_kf_arg_ptr_to_graph_node,
// ref_convert_owning_non_owning).
#include <algorithm>

#include "verifier/analysis.h"
#include "verifier/kfunc_call.h"

namespace bpftwin::verifier {
namespace {

/// `Reference::map` of a lock that is in an object.
constexpr std::int32_t in_object = -1;

const SpecialField* find_field(std::span<const SpecialField> fields, FieldKind kind) {
    const auto found = std::ranges::find(fields, kind, &SpecialField::kind);
    return found == fields.end() ? nullptr : &*found;
}

const SpecialField* find_field(std::span<const SpecialField> fields, FieldKind kind,
                               std::int64_t offset) {
    const auto found = std::ranges::find_if(fields, [&](const SpecialField& field) {
        return field.kind == kind && field.offset == offset;
    });
    return found == fields.end() ? nullptr : &*found;
}

std::int64_t offset_of(const Reg& pointer) {
    return std::int64_t{pointer.off} + static_cast<std::int64_t>(pointer.num.var_off.value);
}

constexpr RegType own_object{RegKind::ptr_to_btf_id, mem_alloc};

}  // namespace

bool is_own_object(const Reg& reg) {
    return reg.type.kind == RegKind::ptr_to_btf_id && reg.type.has(mem_alloc) &&
           reg.uid == static_cast<std::uint32_t>(TypeSource::program);
}

std::span<const SpecialField> Analysis::record_of(const Reg& pointer) {
    if (pointer.is(RegKind::ptr_to_map_value)) return map_of(pointer).fields;
    if (!is_own_object(pointer)) return {};
    const auto type = static_cast<std::uint32_t>(pointer.target);
    const auto [found, is_new] = object_fields_.try_emplace(type);
    if (is_new) found->second = object_fields_of(*types_.program, type, types_.kernel);
    return found->second;
}

bool Analysis::may_hold_lock(const Reg& pointer) {
    const auto fields = record_of(pointer);
    return find_field(fields, FieldKind::spin_lock) || find_field(fields, FieldKind::res_spin_lock);
}

bool Analysis::check_own_access(const Reg& pointer, std::int64_t off, int size,
                                std::optional<unsigned> loaded) {
    for (const SpecialField& field : record_of(pointer))
        if (off < std::int64_t{field.offset} + field.size && field.offset < off + size)
            return reject(EACCES, "direct access to {} is disallowed", text_of(field.kind));
    auto field = field_of(*types_.program, static_cast<std::uint32_t>(pointer.target), off, size);
    if (!take(field) || !loaded) return field.has_value();
    // What programs write there is no pointer to an object.
    if (field->kind == ObjectField::Kind::object) field->kind = ObjectField::Kind::scalar;
    load_field(reg(*loaded), *field, TypeSource::program);
    return true;
}

// --- Allocation.

bool Analysis::make_object(const KfuncCall& call) {
    const bool is_percpu = call.is("bpf_percpu_obj_new_impl");
    if (*call.constant > UINT32_MAX)
        return reject(EINVAL, "local type ID argument must be in range [0, U32_MAX]");
    if (!types_.program) return reject(EINVAL, "bpf_obj_new/bpf_percpu_obj_new requires prog BTF");
    const auto type = static_cast<std::uint32_t>(*call.constant);
    if (types_.program->kind(type) != BtfKind::struct_)
        return reject(EINVAL,
                      "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct");
    if (is_percpu && !check_percpu_type(type)) return false;
    reg(0) =
        object_pointer(type, is_percpu ? mem_alloc | mem_percpu : mem_alloc, TypeSource::program);
    return true;
}

/// Objects for each CPU are small and hold numbers only.
bool Analysis::check_percpu_type(std::uint32_t type) {
    constexpr std::uint32_t max_size = 512;
    const BtfType& object = types_.program->type(type);
    if (object.size > max_size)
        return reject(EINVAL, "bpf_percpu_obj_new type size ({}) is greater than {}", object.size,
                      max_size);
    if (!has_only_scalars(*types_.program, object))
        return reject(EINVAL, "bpf_percpu_obj_new type ID argument must be of a struct of scalars");
    return object_fields_of(*types_.program, type, types_.kernel).empty() ||
           reject(EINVAL, "bpf_percpu_obj_new type ID argument must not contain special fields");
}

bool Analysis::check_allocated(const KfuncCall& call, unsigned number) {
    const Reg& value = reg(number);
    const bool is_percpu = value.type.has(mem_percpu);
    const RegType type{value.type.kind, static_cast<std::uint16_t>(value.type.flags & ~mem_percpu)};
    if (type != own_object)
        return reject(EINVAL, "arg#{} expected pointer to allocated object", number - 1);
    const std::string_view expected = is_percpu ? "bpf_percpu_obj_drop_impl" : "bpf_obj_drop_impl";
    if (!call.is(expected)) return reject(EINVAL, "arg#{} expected for {}()", number - 1, expected);
    return value.ref_obj_id != 0 || reject(EINVAL, "allocated object must be referenced");
}

bool Analysis::check_refcounted(KfuncCall& call, unsigned number) {
    const Reg& value = reg(number);
    if (!is_own_object(value))
        return reject(EINVAL, "arg#{} is neither owning or non-owning ref", number - 1);
    if (!find_field(record_of(value), FieldKind::refcount))
        return reject(EINVAL, "arg#{} doesn't point to a type with bpf_refcount field", number - 1);
    call.keeps_owned = !value.type.has(non_own_ref) && value.ref_obj_id != 0;
    call.object_type = static_cast<std::uint32_t>(value.target);
    return true;
}

// --- Lists and trees.

/// Whether the lock that is in the same allocation is held (check_reg_allocation_locked).
bool Analysis::holds_lock_of(const Reg& pointer) {
    if (state_->locks == 0) return false;
    const std::int32_t map = pointer.is(RegKind::ptr_to_map_value) ? pointer.target : in_object;
    const bool holds = std::ranges::any_of(state_->references, [&](const Reference& held) {
        return held.is_lock() && held.id == pointer.id && held.map == map;
    });
    if (!holds) say("held lock and object are not in the same allocation");
    return holds;
}

bool Analysis::check_graph_root(KfuncCall& call, unsigned number, FieldKind kind) {
    const Reg& value = reg(number);
    const std::string_view name = text_of(kind);
    if (!value.is(RegKind::ptr_to_map_value) && value.type != own_object)
        return reject(EINVAL, "arg#{} expected pointer to map value or allocated object",
                      number - 1);
    if (value.type == own_object && value.ref_obj_id == 0)
        return reject(EINVAL, "allocated object must be referenced");
    if (!value.num.is_const())
        return reject(EINVAL,
                      "R{} doesn't have constant offset. {} has to be at the constant offset",
                      number, name);
    const auto fields = record_of(value);
    const SpecialField* root = find_field(fields, kind, offset_of(value));
    if (!root) return reject(EINVAL, "{} not found at offset={}", name, offset_of(value));
    if (!holds_lock_of(value)) {
        const SpecialField* lock = find_field(fields, FieldKind::spin_lock);
        return reject(EINVAL, "bpf_spin_lock at off={} must be held for {}",
                      lock ? static_cast<std::int64_t>(lock->offset) : -EINVAL, name);
    }
    call.root = *root;
    return true;
}

bool Analysis::check_graph_node(const KfuncCall& call, unsigned number, FieldKind kind) {
    const Reg& value = reg(number);
    const std::string_view name = text_of(kind);
    if (!check_node_owner(call, number, kind)) return false;
    if (!value.num.is_const())
        return reject(EINVAL,
                      "R{} doesn't have constant offset. {} has to be at the constant offset",
                      number, name);
    const std::int64_t off = offset_of(value);
    if (!find_field(record_of(value), kind, off))
        return reject(EINVAL, "{} not found at offset={}", name, off);
    if (!call.root) return confused("a node without a root");
    const std::string_view wanted = types_.program->type(call.root->type).name;
    if (!has_struct(*types_.program, static_cast<std::uint32_t>(value.target), 0, call.root->type,
                    true))
        return reject(EINVAL,
                      "operation on {} expects arg#1 {} at offset={} in struct {}, but arg is at "
                      "offset={} in struct {}",
                      text_of(call.root->kind), name, call.root->node_offset, wanted, off,
                      types_.name_of(value));
    return off == call.root->node_offset ||
           reject(EINVAL, "arg#1 offset={}, but expected {} at offset={} in struct {}", off, name,
                  call.root->node_offset, wanted);
}

bool Analysis::check_node_owner(const KfuncCall& call, unsigned number, FieldKind kind) {
    const Reg& value = reg(number);
    if (kind == FieldKind::list_node || call.is("bpf_rbtree_add_impl")) {
        if (value.type != own_object)
            return reject(EINVAL, "arg#{} expected pointer to allocated object", number - 1);
        return value.ref_obj_id != 0 || reject(EINVAL, "allocated object must be referenced");
    }
    const bool is_own = is_own_object(value) && value.type.has(non_own_ref);
    if (!is_own && value.ref_obj_id == 0)
        return reject(EINVAL, "{} can only take non-owning or refcounted bpf_rb_node pointer",
                      call.kfunc->name);
    return !in_tree_callback() || reject(EINVAL, "{} not allowed in rbtree cb", call.kfunc->name);
}

bool Analysis::in_tree_callback() const {
    const Frame& running = state_->frame();
    if (!running.in_callback || running.call_site < 0) return false;
    const auto site = static_cast<std::size_t>(running.call_site);
    if (ops_[site] != Op::call_kfunc) return false;
    const auto id = static_cast<std::uint32_t>(program_.insns[site].imm);
    return types_.kernel->type(id).name.starts_with("bpf_rbtree_");
}

/// A pointer to the struct that the nodes of the list or tree are in.
Reg Analysis::node_of(const SpecialField& root) {
    Reg node = object_pointer(root.type, mem_alloc, TypeSource::program);
    node.off = static_cast<std::int32_t>(root.node_offset);
    return node;
}

/// A list or tree owns the object now: the pointer is good while the lock is held.
void Analysis::disown(Reg& pointer) {
    pointer.ref_obj_id = 0;
    const bool is_counted = find_field(record_of(pointer), FieldKind::refcount) != nullptr;
    pointer.type.flags |= is_counted ? non_own_ref | mem_rcu : non_own_ref;
}

bool Analysis::insert_node(const KfuncCall& call) {
    if (!call.is("bpf_list_push_front_impl") && !call.is("bpf_list_push_back_impl") &&
        !call.is("bpf_rbtree_add_impl"))
        return true;
    const std::uint32_t reference = reg(2).ref_obj_id;
    state_->change_regs([&](const Reg& reg) { return reg.ref_obj_id == reference; },
                        [&](Reg& reg) { disown(reg); });
    return release_reference(reference) ||
           reject(EINVAL, "kfunc {}#{} reference has not been acquired before", call.kfunc->name,
                  call.id);
}

void Analysis::forget_disowned() {
    state_->change_regs([](const Reg& reg) { return reg.type.has(non_own_ref); },
                        [](Reg& reg) { reg.make_unknown(); });
}

/// The function that compares nodes of a tree, while the tree is locked.
bool Analysis::call_comparison(const KfuncCall& call) {
    State* inside = push(flow_.subprograms[call.subprogram].start, insn_);
    if (!inside || !push_frame(*inside, call.subprogram, static_cast<std::int32_t>(insn_)))
        return false;
    Frame& callee = inside->frames[inside->current + 1].change();
    for (const unsigned number : {1U, 2U}) {
        callee.regs[number] = node_of(*call.root);
        disown(callee.regs[number]);
    }
    callee.in_callback = true;
    ++inside->frame().callback_depth;
    ++inside->current;
    ++inside->callback_unroll_depth;
    frame().callback_depth = 0;
    return true;
}

// --- Locks in objects.

bool Analysis::check_object_lock(unsigned number, Reference::Kind kind, bool locks) {
    const Reg& pointer = reg(number);
    const FieldKind lock = lock_field(kind);
    if (!pointer.num.is_const())
        return reject(EINVAL,
                      "R{} doesn't have constant offset. {} has to be at the constant offset",
                      number, text_of(lock));
    const SpecialField* field = find_field(record_of(pointer), lock);
    if (!field) return reject(EINVAL, "local 'kptr' has no valid {}", text_of(lock));
    if (offset_of(pointer) != field->offset)
        return reject(EINVAL, "off {} doesn't point to 'struct {}' that is at {}",
                      offset_of(pointer), text_of(lock), field->offset);
    return locks ? take_lock(kind, in_object, pointer.id)
                 : give_lock_back(kind, in_object, pointer.id);
}

}  // namespace bpftwin::verifier
