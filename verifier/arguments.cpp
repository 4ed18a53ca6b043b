#include "verifier/arguments.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include "bpftwin/verify.h"
#include "btf/btf.h"
#include "fmt/format.h"
#include "verifier/object_types.h"

namespace bpftwin::verifier {
namespace {

/// The struct that programs of a type have as context, as C sources name it
/// (include/linux/bpf_types.h).
struct ContextName {
    ProgType type;
    std::string_view name;
    std::string_view in_kernel;  ///< The struct of the kernel behind it; empty: none.
};
constexpr ContextName context_names[] = {
    {ProgType::socket_filter, "__sk_buff", "sk_buff"},
    {ProgType::sched_cls, "__sk_buff", "sk_buff"},
    {ProgType::sched_act, "__sk_buff", "sk_buff"},
    {ProgType::xdp, "xdp_md", "xdp_buff"},
    {ProgType::cgroup_skb, "__sk_buff", "sk_buff"},
    {ProgType::cgroup_sock, "bpf_sock", "sock"},
    {ProgType::cgroup_sock_addr, "bpf_sock_addr", "bpf_sock_addr_kern"},
    {ProgType::lwt_in, "__sk_buff", "sk_buff"},
    {ProgType::lwt_out, "__sk_buff", "sk_buff"},
    {ProgType::lwt_xmit, "__sk_buff", "sk_buff"},
    {ProgType::lwt_seg6local, "__sk_buff", "sk_buff"},
    {ProgType::sock_ops, "bpf_sock_ops", "bpf_sock_ops_kern"},
    {ProgType::sk_skb, "__sk_buff", "sk_buff"},
    {ProgType::sk_msg, "sk_msg_md", "sk_msg"},
    {ProgType::flow_dissector, "__sk_buff", "bpf_flow_dissector"},
    {ProgType::kprobe, "bpf_user_pt_regs_t", "pt_regs"},
    {ProgType::tracepoint, "__u64", {}},
    {ProgType::perf_event, "bpf_perf_event_data", "bpf_perf_event_data_kern"},
    {ProgType::raw_tracepoint, "bpf_raw_tracepoint_args", {}},
    {ProgType::raw_tracepoint_writable, "bpf_raw_tracepoint_args", {}},
    {ProgType::tracing, "__u64", {}},
    {ProgType::cgroup_device, "bpf_cgroup_dev_ctx", "bpf_cgroup_dev_ctx"},
    {ProgType::cgroup_sysctl, "bpf_sysctl", "bpf_sysctl_kern"},
    {ProgType::cgroup_sockopt, "bpf_sockopt", "bpf_sockopt_kern"},
    {ProgType::lirc_mode2, "__u32", {}},
    {ProgType::sk_reuseport, "sk_reuseport_md", "sk_reuseport_kern"},
    {ProgType::sk_lookup, "bpf_sk_lookup", "bpf_sk_lookup_kern"},
    {ProgType::lsm, "__u64", {}},
    {ProgType::netfilter, "bpf_nf_ctx", "bpf_nf_ctx"},
};

/// `void` is no type of its own in a kernel's words.
std::string_view kernel_name_of(BtfKind kind) {
    return kind == BtfKind::void_ ? "UNKNOWN" : name_of(kind);
}

class ArgumentFinder {
public:
    ArgumentFinder(const Btf& btf, const Btf* kernel, ProgType type, std::uint32_t function,
                   bool is_global)
        : btf_(btf),
          kernel_(kernel),
          program_type_(type),
          function_(function),
          is_global_(is_global) {}

    FunctionArguments find() {
        const BtfType& proto = btf_.type(btf_.type(function_).type);
        const auto params = btf_.params(proto);
        const std::string name(btf_.type(function_).name);
        if (params.size() > found_.list.size())
            return fail(fmt::format("Global function {}() with {} > {} args. Buggy compiler.", name,
                                    params.size(), found_.list.size()));
        const BtfKind result = btf_.kind(btf_.resolve(proto.type));
        if (result != BtfKind::int_ && !is_enumeration(result))
            return fail(fmt::format(
                "Global function {}() doesn't return scalar. Only those are supported.", name));
        for (const BtfParam& param : params)
            if (!add(param.type, found_.list[found_.count])) return found_;
        return found_;
    }

private:
    FunctionArguments fail(std::string reason, int error = EINVAL) {
        found_.error = error;
        if (is_global_) found_.reason = std::move(reason);
        return found_;
    }
    bool refuse(std::string_view what, int error = EINVAL) {
        fail(fmt::format("arg#{} {}", found_.count, what), error);
        return false;
    }
    bool unknown(std::string_view feature) {
        found_.error = EOPNOTSUPP;
        found_.unsupported = feature;
        return false;
    }

    std::vector<std::string_view> tags() const {
        std::vector<std::string_view> tags;
        for (std::uint32_t id = 1; id < btf_.type_count(); ++id) {
            const BtfType& type = btf_.type(id);
            if (type.kind == BtfKind::decl_tag && type.type == function_ &&
                type.component == static_cast<std::int32_t>(found_.count) &&
                type.name.starts_with("arg:"))
                tags.push_back(type.name.substr(4));
        }
        return tags;
    }

    bool add(std::uint32_t id, FunctionArgument& argument) {
        const auto tags = this->tags();
        const auto has = [&](std::string_view tag) {
            return std::ranges::find(tags, tag) != tags.end();
        };
        if (!tags.empty() && !is_global_)
            return refuse("type tag is not supported in static functions", EOPNOTSUPP);
        const BtfType& type = btf_.type(btf_.resolve(id));
        if (type.kind != BtfKind::ptr) return add_scalar(type, !tags.empty(), argument);
        if (has("ctx") || is_context(type)) return done({ArgumentKind::context}, argument);
        if (has("arena")) return done({ArgumentKind::arena}, argument);
        if (btf_.type(btf_.resolve(type.type)).name == "bpf_dynptr")
            return tags.empty() ? done({ArgumentKind::dynptr}, argument)
                                : refuse("has invalid combination of tags");
        if (has("trusted")) return add_object(type, has("nullable"), argument);
        if (has("untrusted")) return add_untrusted(type, tags.size(), argument);
        return add_memory(type, !has("nonnull"), argument);
    }

    /// The kernel's struct of the name that a pointer's target has but for its flavour
    /// (btf_get_ptr_to_btf_id); 0: refused.
    std::uint32_t kernel_struct(const BtfType& pointer) {
        const BtfType& local = btf_.type(btf_.resolve(pointer.type));
        if (!kernel_) return unknown(lacks_kernel_types), 0;
        auto found = kernel_->flavours(local.name.substr(0, local.name.find("___")));
        std::erase_if(found, [&](std::uint32_t id) { return kernel_->kind(id) != local.kind; });
        if (found.size() == 1) return found.front();
        refuse(fmt::format("reference type('{} {}') {}", kernel_name_of(local.kind), local.name,
                           found.empty() ? "has no matches" : "is ambiguous"));
        return 0;
    }

    bool add_object(const BtfType& pointer, bool or_null, FunctionArgument& argument) {
        const std::uint32_t id = kernel_struct(pointer);
        return id != 0 && done({ArgumentKind::object, or_null, id}, argument);
    }

    bool add_untrusted(const BtfType& pointer, std::size_t tags, FunctionArgument& argument) {
        if (tags != 1) return refuse("untrusted cannot be combined with any other tags");
        const BtfKind target = btf_.kind(btf_.resolve(pointer.type));
        if (!is_aggregate(target) && target != BtfKind::fwd)
            return done({ArgumentKind::untrusted}, argument);
        const std::uint32_t id = kernel_struct(pointer);
        return id != 0 && done({ArgumentKind::untrusted, false, id}, argument);
    }

    bool done(FunctionArgument found, FunctionArgument& argument) {
        argument = found;
        ++found_.count;
        return true;
    }

    bool add_scalar(const BtfType& type, bool tagged, FunctionArgument& argument) {
        if (tagged) return refuse("has pointer tag, but is not a pointer type");
        if (type.kind == BtfKind::int_ || is_enumeration(type.kind))
            return done({ArgumentKind::scalar}, argument);
        fail(fmt::format("Arg#{} type {} in {}() is not supported yet.", found_.count,
                         name_of(type.kind), btf_.type(function_).name));
        return false;
    }

    bool add_memory(const BtfType& pointer, bool or_null, FunctionArgument& argument) {
        if (!is_global_) return refuse("");
        const auto size = btf_.size_of(pointer.type);
        const BtfType& target = btf_.type(btf_.resolve(pointer.type));
        if (!size)
            return refuse(fmt::format("reference type('{} {}') size cannot be determined: -22",
                                      kernel_name_of(target.kind), target.name));
        return done({ArgumentKind::memory, or_null, static_cast<std::uint32_t>(*size)}, argument);
    }

    /// btf_is_prog_ctx_type: the pointer's target by name, through one typedef for kprobes.
    bool is_context(const BtfType& pointer) const {
        const auto row = std::ranges::find(context_names, program_type_, &ContextName::type);
        if (row == std::end(context_names)) return false;
        std::uint32_t id = pointer.type;
        while (is_modifier(btf_.kind(id)) && btf_.kind(id) != BtfKind::typedef_)
            id = btf_.type(id).type;
        if (program_type_ == ProgType::kprobe && btf_.type(id).name == row->name) return true;
        const BtfType& target = btf_.type(btf_.resolve(id));
        if (program_type_ == ProgType::kprobe || program_type_ == ProgType::perf_event)
            if (target.name == "pt_regs" || target.name == "user_pt_regs") return true;
        return target.kind == BtfKind::struct_ && target.name == row->name;
    }

    const Btf& btf_;
    const Btf* kernel_;
    ProgType program_type_;
    std::uint32_t function_;
    bool is_global_;
    FunctionArguments found_;
};

}  // namespace

bool is_context_name(ProgType type, std::string_view name) {
    const auto row = std::ranges::find(context_names, type, &ContextName::type);
    if (row == std::end(context_names)) return false;
    if (row->name == "bpf_user_pt_regs_t") return name == "pt_regs" || name == "user_pt_regs";
    if (row->name == "__sk_buff" && name == "sk_buff") return true;
    if (row->name == "xdp_md" && name == "xdp_buff") return true;
    return row->name == name;
}

std::string_view kernel_context_name(ProgType type) {
    const auto row = std::ranges::find(context_names, type, &ContextName::type);
    return row == std::end(context_names) ? std::string_view() : row->in_kernel;
}

FunctionArguments find_arguments(const ObjectSpec& object, const ProgramSpec& program,
                                 const Btf* kernel, std::uint32_t type, bool is_global) {
    if (!object.btf || type == 0) {
        FunctionArguments none;
        none.error = EINVAL;
        return none;
    }
    return ArgumentFinder(*object.btf, kernel, program.type, type, is_global).find();
}

}  // namespace bpftwin::verifier
