// Casts, exceptions, and sections that a run in user space is always in (kernel/bpf/helpers.c).
#include "helpers/kfunc_calls.h"
#include "helpers/require.h"
#include "vm/context.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"

namespace bpftwin::kfuncs {
namespace {

/// A field of a context and where the kernel's own struct has it.
struct KernelField {
    std::string_view context, kernel;
};
constexpr KernelField skb_fields[] = {
    {"len", "len"},           {"mark", "mark"},
    {"priority", "priority"}, {"protocol", "protocol"},
    {"hash", "hash"},         {"queue_mapping", "queue_mapping"},
    {"vlan_tci", "vlan_tci"}, {"vlan_proto", "vlan_proto"},
    {"tstamp", "tstamp"},     {"ingress_ifindex", "skb_iif"},
    {"napi_id", "napi_id"},   {"ifindex", "dev.ifindex"},
};
constexpr KernelField xdp_fields[] = {
    {"ingress_ifindex", "rxq.dev.ifindex"},
    {"rx_queue_index", "rxq.queue_index"},
};

/// Pointers to the packet, which are addresses and no numbers.
void point_to_packet(KernelObjects& objects, std::uint64_t object, std::string_view type,
                     const Packet& packet) {
    const auto set = [&](std::string_view field, std::uint64_t address) {
        static_cast<void>(objects.assign(object, type, field, std::to_string(address)));
    };
    set("data", packet.data());
    if (type == "sk_buff") set("head", packet.data());
    if (type == "xdp_buff") {
        set("data_end", packet.data_end());
        set("data_meta", packet.meta());
        set("data_hard_start", packet.meta());
    }
}

std::uint64_t kernel_context(Runtime& runtime, std::string_view type,
                             std::span<const KernelField> fields) {
    KernelObjects& objects = *runtime.objects();
    const std::uint64_t object = objects.make(type);
    if (object == 0 || !objects.types()) return object;
    for (const KernelField& field : fields)
        if (const auto value = runtime.context().value(field.context))
            static_cast<void>(objects.assign(object, type, field.kernel, std::to_string(*value)));
    point_to_packet(objects, object, type, *runtime.packet());
    return object;
}

}  // namespace

std::uint64_t bpf_cast_to_kern_ctx(Runtime& runtime, std::uint64_t context) {
    const std::string_view type = runtime.context().layout().struct_name;
    if (!runtime.objects() || !runtime.packet()) return context;
    if (type == "__sk_buff") return kernel_context(runtime, "sk_buff", skb_fields);
    if (type == "xdp_md") return kernel_context(runtime, "xdp_buff", xdp_fields);
    return context;
}

std::uint64_t bpf_rdonly_cast(Runtime&, std::uint64_t object, std::uint32_t) { return object; }

void bpf_throw(Runtime& runtime, std::uint64_t cookie) { runtime.throw_exception(cookie); }

void bpf_rcu_read_lock(Runtime&) {}
void bpf_rcu_read_unlock(Runtime&) {}
void bpf_preempt_disable(Runtime&) {}
void bpf_preempt_enable(Runtime&) {}

void bpf_local_irq_save(Runtime& runtime, std::uint64_t* flags) {
    constexpr std::uint64_t interrupts_enabled = 0x200;  // X86_EFLAGS_IF.
    if (runtime.memory().allows(reinterpret_cast<std::uint64_t>(flags), sizeof *flags, true))
        *flags = interrupts_enabled;
    else
        refuse_argument(runtime, "there is no place for the flags");
}

void bpf_local_irq_restore(Runtime&, std::uint64_t*) {}

}  // namespace bpftwin::kfuncs
