#include "tests/differential/arguments.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "helpers/prototype.h"
#include "tests/differential/calls.h"

namespace bpftwin::differential {
namespace {

using Kind = Value::Kind;

/// Helpers whose results depend on nothing but the run's input. Those that call back, that return
/// an address or that move the packet's bounds have rules of their own.
constexpr auto helpers = std::to_array<std::string_view>({
    "map_update_elem",
    "map_update_elem",
    "map_delete_elem",
    "ktime_get_ns",
    "ktime_get_boot_ns",
    "get_prandom_u32",
    "get_smp_processor_id",
    "get_numa_node_id",
    "get_current_pid_tgid",
    "get_current_uid_gid",
    "get_current_comm",
    "jiffies64",
    "csum_diff",
    "strtol",
    "strtoul",
    "ringbuf_output",
    "perf_event_output",
    "skb_load_bytes",
    "skb_store_bytes",
    "l3_csum_replace",
    "l4_csum_replace",
    "get_hash_recalc",
    "set_hash",
    "xdp_get_buff_len",
    "xdp_load_bytes",
    "xdp_store_bytes",
    "xdp_adjust_head",
    "xdp_adjust_tail",
    "xdp_adjust_meta",
    "redirect",
});

bool moves_packet(const Helper& helper) { return helper.name.starts_with("xdp_adjust"); }

bool has_context(const Helper& helper) {
    return std::ranges::find(helper.args, ArgType::ctx, &Arg::type) != helper.args.end();
}

bool changes_maps(const Helper& helper) {
    return helper.name == "map_update_elem" || helper.name == "map_delete_elem";
}

bool may_call(const Draft& draft, const Helper& helper) {
    const ProgType type = draft.setting.type;
    if (has_context(helper) && !draft.context) return false;
    if (changes_maps(helper) && draft.is_quiet()) return false;
    if (moves_packet(helper) &&
        (!draft.is_program || draft.in_packet_block || draft.setting.programs))
        return false;
    if (type != ProgType::unspec) return available_to(helper, type);
    return !has_context(helper) || helper.name == "perf_event_output";
}

bool takes_map(const Helper& helper, const MapSpec& map) {
    if (helper.name == "ringbuf_output") return map.type == MapType::ringbuf;
    if (helper.name == "perf_event_output") return map.type == MapType::perf_event_array;
    return is_keyed(map.type) && !map.frozen;
}

/// The arguments of one call, from left to right, as sizes and maps refer back.
class Arguments {
public:
    Arguments(Draft& draft, const Helper& helper) : draft_(draft), helper_(helper) {}

    bool load() {
        for (std::uint8_t i = 0; i < helper_.args.size(); ++i)
            if (!load(static_cast<std::uint8_t>(i + 1), helper_.args[i])) return false;
        return true;
    }

private:
    bool load(std::uint8_t dst, const Arg& arg) {
        switch (arg.type) {
            case ArgType::none: return true;
            case ArgType::anything: return load_anything(dst);
            case ArgType::const_map_ptr: return load_map_for_helper(dst);
            case ArgType::map_key: return load_key(draft_, dst, draft_.setting.maps[map_]);
            case ArgType::map_value:
                return draft_.point_to_bytes(dst, draft_.setting.maps[map_].value_size, arg.write);
            case ArgType::mem: return load_memory(dst, arg);
            case ArgType::const_size:
            case ArgType::const_size_or_zero: draft_.load_number(dst, size_); return true;
            case ArgType::ctx: load_context(draft_, dst); return true;
            default: return false;
        }
    }

    bool load_anything(std::uint8_t dst) {
        Choices& choices = draft_.choices;
        if (choices.percent(50))
            draft_.load_number(dst, 0);
        else if (choices.percent(50))
            draft_.load_number(dst, static_cast<std::uint64_t>(choices.between(-8, 24)));
        else
            load_scalar(draft_, dst);
        return true;
    }

    bool load_map_for_helper(std::uint8_t dst) {
        const auto map =
            choose_map(draft_, [&](const MapSpec& spec) { return takes_map(helper_, spec); });
        if (!map) return false;
        map_ = *map;
        load_map(draft_, dst, map_);
        return true;
    }

    bool load_memory(std::uint8_t dst, const Arg& arg) {
        if (arg.or_null && draft_.choices.percent(30)) {
            size_ = 0;
            draft_.load_number(dst, 0);
            return true;
        }
        size_ = arg.fixed != 0 ? arg.fixed : 4 * (1 + draft_.choices.below(4));
        return draft_.point_to_bytes(dst, size_, arg.write, arg.fixed != 0 ? 8 : 1);
    }

    Draft& draft_;
    const Helper& helper_;
    std::uint8_t map_ = 0;
    std::uint32_t size_ = 0;
};

/// A call of a helper that does not exist stops the program.
bool call_missing_helper(Draft& draft) {
    constexpr auto missing = std::to_array<std::int32_t>({0, 212, 9999, -1});
    draft.code.emit(Op::call_helper, {.imm = draft.choices.of(missing)});
    draft.after_call(Value::scalar());
    return true;
}

}  // namespace

std::optional<std::uint8_t> choose_map(Draft& draft,
                                       const std::function<bool(const MapSpec&)>& wanted) {
    const auto& maps = draft.setting.maps;
    if (maps.empty()) return std::nullopt;
    const auto map = static_cast<std::uint8_t>(draft.choices.below(maps.size()));
    if (!wanted(maps[map]) || map == draft.setting.rounds) return std::nullopt;
    return map;
}

void load_map(Draft& draft, std::uint8_t dst, std::uint8_t map) {
    const std::uint8_t shape = first_alike(draft.setting, map);
    RegisterSet holders = 0;
    for (unsigned i = 0; i < frame_register; ++i)
        if (draft.value(i).is(Kind::map) && draft.value(i).area == shape) holders |= only(i);
    if (holders != 0 && draft.choices.percent(40)) {
        const std::uint8_t src = draft.pick(holders);
        draft.code.emit(Op::mov64_x, {.dst = dst, .src = src});
        return draft.wrote(dst, draft.value(src));
    }
    draft.code.emit_wide(draft.choices.percent(80) ? Op::lddw_map_fd : Op::lddw_map_idx, dst, map,
                         0);
    draft.wrote(dst, Value::one_of(Kind::map, 1u << map, shape));
}

bool load_key(Draft& draft, std::uint8_t dst, const MapSpec& map) {
    if (draft.choices.percent(20)) return draft.point_to_bytes(dst, map.key_size, false);
    const std::int16_t slot = draft.general_slot();
    const auto key = static_cast<std::int32_t>(draft.choices.below(map.max_entries + 1u));
    draft.code.emit(Op::stdw, {.dst = frame_register, .off = slot, .imm = key});
    draft.stored({frame_register, slot}, 8);
    draft.point_to(dst, Draft::stack_area(), slot);
    return true;
}

void load_scalar(Draft& draft, std::uint8_t dst) {
    if (draft.all_of(Kind::scalar) == 0 || draft.choices.percent(30)) return draft.load_edge(dst);
    const std::uint8_t src = draft.scalar();
    if (src == dst) return;
    draft.code.emit(Op::mov64_x, {.dst = dst, .src = src});
    draft.wrote(dst, draft.value(src));
}

bool generate_helper_call(Draft& draft) {
    if (draft.choices.below(300) == 0) return call_missing_helper(draft);
    const Helper& helper = *helper_named(draft.choices.of(helpers));
    if (!may_call(draft, helper) || !Arguments(draft, helper).load()) return false;
    draft.code.emit(Op::call_helper, {.imm = static_cast<std::int32_t>(helper.id)});
    draft.after_call(helper.returns == RetType::void_ ? Value{} : Value::scalar());
    return true;
}

bool generate_trace(Draft& draft) {
    constexpr std::uint64_t format = 0x786c6c25203a72;  // "r: %llx"
    if (!draft.calls_allowed() || draft.nesting > 0) return false;
    const std::int16_t slot = draft.general_slot();
    draft.code.emit_wide(Op::lddw, 1, static_cast<std::int32_t>(format),
                         static_cast<std::int32_t>(format >> 32));
    draft.wrote(1, Value::scalar());
    draft.code.emit(Op::stxdw, {.dst = frame_register, .src = 1, .off = slot});
    draft.stored({frame_register, slot}, 8);
    draft.point_to(1, Draft::stack_area(), slot);
    draft.load_number(2, 8);
    for (std::uint8_t i = 3; i <= 5; ++i) load_scalar(draft, i);
    draft.code.emit(Op::call_helper,
                    {.imm = static_cast<std::int32_t>(helper_named("trace_printk")->id)});
    draft.after_call(Value::scalar());
    return true;
}

}  // namespace bpftwin::differential
