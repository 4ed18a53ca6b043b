#include "verifier/struct_ops.h"

#include <algorithm>
#include <array>
#include <optional>

#include "fmt/format.h"

namespace bpftwin::verifier {
namespace {

enum class Rule : std::uint8_t { known, no_program, may_sleep };
struct CallbackRow {
    Rule rule;
    std::string_view callbacks, member;
};
constexpr auto callback_rows = std::to_array<CallbackRow>({
#define CALLBACKS(callbacks) {Rule::known, callbacks, ""},
#define NO_CALLBACK(callbacks, member) {Rule::no_program, callbacks, member},
#define SLEEPABLE_CALLBACK(callbacks, member) {Rule::may_sleep, callbacks, member},
#include "verifier/struct_ops.def"
});

bool has_rule(Rule rule, std::string_view callbacks, std::string_view member) {
    return std::ranges::any_of(callback_rows, [&](const CallbackRow& row) {
        return row.rule == rule && row.callbacks == callbacks && row.member == member;
    });
}

/// Whether the kernel lets programs for that member sleep, or not: some structs do not care.
bool sleeps_as_asked(std::string_view callbacks, std::string_view member, bool sleepable) {
    const bool cares = std::ranges::any_of(callback_rows, [&](const CallbackRow& row) {
        return row.rule == Rule::may_sleep && row.callbacks == callbacks;
    });
    return !sleepable || !cares || has_rule(Rule::may_sleep, callbacks, member);
}

std::optional<std::uint32_t> struct_named(const Btf& types, std::string_view name) {
    return types.find(name, BtfKind::struct_);
}

/// The prototype that a member points to (btf_type_resolve_func_ptr).
const BtfType* callback_prototype(const Btf& types, const BtfMember& member) {
    const BtfType& pointer = types.type(types.resolve(member.type));
    if (pointer.kind != BtfKind::ptr) return nullptr;
    const BtfType& target = types.type(types.resolve(pointer.type));
    return target.kind == BtfKind::func_proto ? &target : nullptr;
}

/// Arguments that the kernel's function of the callback marks by a suffix of their name
/// (find_stub_func_proto, prepare_arg_info).
Checked<void> add_marked_arguments(AttachPoint& point, const Btf& types,
                                   std::string_view function) {
    const auto id = types.find(function, BtfKind::func);
    if (!id) return {};
    const auto marked = types.params(types.type(types.type(*id).type));
    const auto parameters = types.params(*point.prototype);
    for (std::size_t i = 0; i < std::min(marked.size(), parameters.size()); ++i) {
        if (marked[i].name.ends_with("__ref")) return unsupported("arguments that are references");
        if (!marked[i].name.ends_with("__nullable")) continue;
        const BtfType& pointer = types.type(types.resolve(parameters[i].type));
        point.arguments.push_back({static_cast<std::uint32_t>(i) * 8,
                                   {RegKind::ptr_to_btf_id, ptr_trusted | maybe_null},
                                   types.resolve(pointer.type)});
    }
    return {};
}

}  // namespace

std::string_view callbacks_of(const ProgramSpec& program) {
    if (!program.struct_ops) return {};
    const std::string_view type = program.struct_ops->type;
    return type.substr(0, type.find("___"));
}

Checked<AttachPoint> callback_point(const ProgramSpec& program, const Btf& types, bool sleepable) {
    if (!program.struct_ops) return unsupported("callbacks of no struct");
    const std::string_view callbacks = callbacks_of(program);
    const auto id = struct_named(types, callbacks);
    if (!id) return unsupported("structs of callbacks that the kernel does not have");
    if (!struct_named(types, fmt::format("bpf_struct_ops_{}", callbacks)))
        return reject(not_supported,
                      fmt::format("attach_btf_id {} is not a supported struct", *id));
    if (!has_rule(Rule::known, callbacks, ""))
        return unsupported(fmt::format("callbacks of struct {}", callbacks));
    const auto members = types.members(types.type(*id));
    const auto member = std::ranges::find(members, program.struct_ops->name, &BtfMember::name);
    if (member == members.end()) return unsupported("callbacks that the struct does not have");
    const BtfType* prototype = callback_prototype(types, *member);
    if (!prototype)
        return reject(EINVAL, fmt::format("attach to invalid member {}(@idx {}) of struct {}",
                                          (*member).name, member - members.begin(), callbacks));
    if (has_rule(Rule::no_program, callbacks, (*member).name) ||
        !sleeps_as_asked(callbacks, (*member).name, sleepable))
        return reject(not_supported, fmt::format("attach to unsupported member {} of struct {}",
                                                 (*member).name, callbacks));
    AttachPoint point{.name = (*member).name, .prototype = prototype};
    auto added =
        add_marked_arguments(point, types, fmt::format("{}__{}", callbacks, (*member).name));
    if (!added) return std::unexpected(added.error());
    return point;
}

std::uint32_t passed_object(const ProgramSpec& program, const Btf& types, std::uint32_t object) {
    if (callbacks_of(program) != "tcp_congestion_ops") return object;
    if (struct_named(types, "sock") != object) return object;
    return struct_named(types, "tcp_sock").value_or(object);
}

}  // namespace bpftwin::verifier
