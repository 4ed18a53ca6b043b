// Loads from contexts that BTF describes (kernel/bpf/btf.c: btf_ctx_access).
#include <algorithm>
#include <array>
#include <optional>

#include "fmt/format.h"
#include "verifier/attach.h"
#include "verifier/attach_point.h"
#include "verifier/availability.h"
#include "verifier/object_types.h"
#include "verifier/struct_ops.h"

namespace bpftwin::verifier {
namespace {

constexpr std::uint32_t pointer_size = 8;
constexpr std::uint32_t max_context = 12 * pointer_size;  // MAX_BPF_FUNC_ARGS.

struct TracepointRow {
    bool is_error;
    std::string_view tracepoint;
    std::uint32_t argument;
};
constexpr auto tracepoint_rows = std::to_array<TracepointRow>({
#define MAY_BE_NULL(tracepoint, argument) {false, tracepoint, argument},
#define MAY_BE_ERROR(tracepoint, argument) {true, tracepoint, argument},
#include "verifier/tracepoint_arguments.def"
});

bool is_in_table(bool is_error, std::string_view tracepoint, std::uint32_t argument) {
    return std::ranges::any_of(tracepoint_rows, [&](const TracepointRow& row) {
        return row.is_error == is_error && row.tracepoint == tracepoint && row.argument == argument;
    });
}

/// Whether the kernel vouches for what it passes (prog_args_trusted).
bool passes_trusted(const ProgramSpec& program) {
    switch (program.type) {
        case ProgType::tracing: {
            const AttachType attach = attach_type_of(program);
            return attach == AttachType::trace_raw_tp || attach == AttachType::trace_iter;
        }
        case ProgType::lsm: return !is_untrusted_hook(program.attach_target);
        default: return program.type == ProgType::struct_ops;
    }
}

bool passes_result(const ProgramSpec& program) {
    switch (attach_type_of(program)) {
        case AttachType::lsm_mac:
        case AttachType::lsm_cgroup:
        case AttachType::trace_fexit:
        case AttachType::modify_return: return true;
        default: return false;
    }
}

class ArgumentReader {
public:
    ArgumentReader(const ProgramSpec& program, const AttachPoint& point, const Btf& types,
                   const ContextAccess& access)
        : program_(program), point_(point), types_(types), access_(access) {}

    PassedValue read();

private:
    static PassedValue refuse(std::string note = {}) { return {.note = std::move(note)}; }
    static PassedValue scalar() { return {.allowed = true}; }
    PassedValue no_argument() const {
        return refuse(
            fmt::format("func '{}' doesn't have {}-th argument", point_.name, argument_ + 1));
    }
    void find_argument();
    [[nodiscard]] std::optional<std::uint32_t> type_of_argument(std::uint32_t count) const;
    [[nodiscard]] const ContextArgument* described() const;
    [[nodiscard]] PassedValue pointer(const BtfType& pointer) const;
    [[nodiscard]] PassedValue object(const BtfType& pointer) const;
    [[nodiscard]] std::uint16_t object_flags(const BtfType& pointer) const;

    const ProgramSpec& program_;
    const AttachPoint& point_;
    const Btf& types_;
    const ContextAccess& access_;
    std::uint32_t argument_ = 0;
};

/// Structs that are passed by value take up more than one place (btf_ctx_arg_idx).
void ArgumentReader::find_argument() {
    std::uint32_t end = 0;
    const auto pass = [&](std::uint32_t type) {
        const auto size = static_cast<std::uint32_t>(types_.size_of(type).value_or(0));
        end += (size + pointer_size - 1) / pointer_size * pointer_size;
        return access_.offset < end;
    };
    for (const BtfParam& parameter : types_.params(*point_.prototype)) {
        if (pass(parameter.type)) return;
        ++argument_;
    }
    if (!pass(point_.prototype->type)) ++argument_;
}

const ContextArgument* ArgumentReader::described() const {
    const auto found =
        std::ranges::find(point_.arguments, access_.offset, &ContextArgument::offset);
    return found == point_.arguments.end() ? nullptr : &*found;
}

std::uint16_t ArgumentReader::object_flags(const BtfType& pointer) const {
    std::uint16_t flags = passes_trusted(program_) ? ptr_trusted : no_flag;
    if (point_.hides_first && is_in_table(false, point_.name, argument_)) flags |= maybe_null;
    const BtfType& tag = types_.type(pointer.type);
    if (tag.kind != BtfKind::type_tag || tag.kind_flag) return flags;
    if (tag.name == "user") flags |= mem_user;
    if (tag.name == "percpu") flags |= mem_percpu;
    return flags;
}

PassedValue ArgumentReader::object(const BtfType& pointer) const {
    const std::uint32_t id = types_.resolve(pointer.type);
    const BtfType& object = types_.type(id);
    if (!is_aggregate(object.kind))
        return refuse(fmt::format("func '{}' arg{} type {} is not a struct", point_.name, argument_,
                                  name_of(object.kind)));
    PassedValue value{.allowed = true};
    value.note = fmt::format("func '{}' arg{} has btf_id {} type {} '{}'", point_.name, argument_,
                             id, name_of(object.kind), shown_name(object.name));
    if (point_.hides_first && is_in_table(true, point_.name, argument_)) return value;
    value.type = {RegKind::ptr_to_btf_id, object_flags(pointer)};
    value.object = id;
    return value;
}

PassedValue ArgumentReader::pointer(const BtfType& pointer) const {
    if (access_.size != pointer_size)
        return refuse(fmt::format("func '{}' size {} must be 8", point_.name, access_.size));
    const ContextArgument* known = described();
    const auto as_known = [&] {
        return PassedValue{.allowed = true, .type = known->type, .object = known->object};
    };
    if (known && known->type.kind == RegKind::ptr_to_buf) return as_known();
    const BtfKind target = types_.kind(types_.resolve(pointer.type));
    if (target == BtfKind::void_ || target == BtfKind::int_) return scalar();
    return known ? as_known() : object(pointer);
}

/// Nothing: there is no such argument.
std::optional<std::uint32_t> ArgumentReader::type_of_argument(std::uint32_t count) const {
    const auto parameters = types_.params(*point_.prototype);
    if (argument_ < count) return parameters[argument_ + (point_.hides_first ? 1 : 0)].type;
    if (argument_ > count || !passes_result(program_)) return std::nullopt;
    return point_.prototype->type;
}

PassedValue ArgumentReader::read() {
    if (!point_.prototype) {
        const ContextArgument* known = access_.size == pointer_size ? described() : nullptr;
        if (!known) return refuse();
        return {.allowed = true, .type = known->type, .object = known->object};
    }
    if (access_.offset % pointer_size != 0)
        return refuse(
            fmt::format("func '{}' offset {} is not multiple of 8", point_.name, access_.offset));
    find_argument();
    const auto count = static_cast<std::uint32_t>(types_.params(*point_.prototype).size()) -
                       (point_.hides_first ? 1 : 0);
    const auto id = type_of_argument(count);
    if (!id) return no_argument();
    const BtfType& type = types_.type(types_.resolve(*id));
    PassedValue value = scalar();
    value.is_retval = argument_ == count && attach_type_of(program_) == AttachType::lsm_mac;
    if ((type.kind == BtfKind::int_ && type.size <= pointer_size) || is_enumeration(type.kind) ||
        is_aggregate(type.kind))
        return value;
    if (type.kind == BtfKind::ptr) return pointer(type);
    return refuse(fmt::format("func '{}' arg{} '{}' has type {}. Only pointer access is allowed",
                              point_.name, argument_, shown_name(type.name), name_of(type.kind)));
}

}  // namespace

PassedValue passed_value(const ProgramSpec& program, const AttachPoint& point, const Btf& kernel,
                         const ContextAccess& access) {
    if (access.write || access.offset >= max_context || access.offset % access.size != 0) return {};
    PassedValue value = ArgumentReader(program, point, kernel, access).read();
    if (program.type == ProgType::struct_ops && value.type.kind == RegKind::ptr_to_btf_id &&
        (value.type.flags & ~ptr_trusted) == 0)
        value.object = passed_object(program, kernel, value.object);
    return value;
}

}  // namespace bpftwin::verifier
