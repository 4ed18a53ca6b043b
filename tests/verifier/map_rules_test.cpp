// Which helpers take which maps, asked of the running kernel.
#include "verifier/map_rules.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "helpers/maps/type_info.h"
#include "isa/builder.h"
#include "tests/support/programs.h"
#include "tests/verifier/forms.h"
#include "verifier/availability.h"

namespace bpftwin::verifier {
namespace {

using namespace build;
using test::Form;

constexpr std::int16_t memory = -128;

MapSpec map_of(const MapTypeInfo& info) {
    MapSpec map;
    map.name = "map";
    map.type = info.type;
    map.key_size = info.keys.allows(4) ? 4 : info.keys.min;
    map.value_size = info.values.allows(4) ? 4 : info.values.min;
    map.max_entries = info.entries == EntryRule::some    ? 1
                      : info.entries == EntryRule::pages ? static_cast<std::uint32_t>(getpagesize())
                                                         : 0;
    if (info.type == MapType::lpm_trie) map.map_flags = map_flag::no_prealloc;
    if (info.type == MapType::array_of_maps || info.type == MapType::hash_of_maps)
        map.inner = std::make_shared<MapSpec>(map_of(*map_type_info(MapType::array)));
    return map;
}

/// Instructions that put a valid argument into the register, or nothing for what takes more.
std::optional<std::vector<Insn>> argument(Reg reg, ArgType type) {
    switch (type) {
        case ArgType::none: return std::vector<Insn>{};
        case ArgType::anything: return std::vector{mov(reg, 0)};
        case ArgType::const_map_ptr: {
            const auto load = lddw_map(reg, 0);
            return std::vector(load.begin(), load.end());
        }
        case ArgType::map_key:
        case ArgType::map_value:
        case ArgType::mem: return std::vector{mov(reg, r10), add(reg, memory)};
        case ArgType::const_size:
        case ArgType::const_size_or_zero:
        case ArgType::const_alloc_size_or_zero: return std::vector{mov(reg, 8)};
        case ArgType::ctx: return std::vector{mov(reg, r6)};
        default: return std::nullopt;
    }
}

/// A call of the helper with the map, or nothing where it needs what is not made here.
std::optional<std::vector<Insn>> call_of(const Helper& helper) {
    std::vector<Insn> insns = {mov(r6, r1)};
    for (std::int16_t at = memory; at < 0; at += 8) insns.push_back(stdw(r10, at, 0));
    for (std::size_t i = 0; i < helper.args.size(); ++i) {
        const auto some = argument(static_cast<Reg>(i + 1), helper.args[i].type);
        if (!some) return std::nullopt;
        insns.insert(insns.end(), some->begin(), some->end());
    }
    insns.push_back(call(static_cast<std::int32_t>(helper.id)));
    return insns;
}

/// What the kernel says of the pair of map and helper; nothing where it rejects the call before.
std::optional<std::string> kernel_says(const Verdict& verdict) {
    if (verdict.reason.contains("cannot pass map_type")) return verdict.reason;
    const bool passed =
        verdict.answer == Answer::accepted || verdict.reason.contains("Unreleased reference");
    return passed ? std::optional<std::string>("") : std::nullopt;
}

bool takes_map(const Helper& helper) {
    return std::ranges::find(helper.args, ArgType::const_map_ptr, &Arg::type) != helper.args.end();
}

class MapHelpers : public testing::TestWithParam<ProgType> {
protected:
    /// Compares every pair; how many could be.
    int compare_all(Judge& judge, const Form& form) {
        int compared = 0;
        for (const Helper& helper : helper_table()) {
            const Helper& prototype = prototype_for(helper, form.program.type);
            if (!takes_map(helper) || !check_helper_allowed(form.program, helper, {true, true}))
                continue;
            if (const auto insns = call_of(prototype))
                for (const MapTypeInfo& info : map_type_table())
                    compared += compare(judge, form.doing(*insns), helper, info);
        }
        return compared;
    }

private:
    static bool compare(Judge& judge, const ProgramSpec& program, const Helper& helper,
                        const MapTypeInfo& info) {
        const auto theirs =
            kernel_says(test::ask(judge, test::object_of({program}, {map_of(info)})));
        if (!theirs) return false;
        const auto ours = check_map_helper(info.type, helper, program);
        EXPECT_EQ(ours ? "" : ours.error().reason, *theirs)
            << name_of(program.type) << " " << helper.name << " " << info.name;
        return true;
    }
};

TEST_P(MapHelpers, take_the_maps_that_the_kernel_lets_them_take) {
    const auto judge = test::make_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    const auto forms = test::forms_of(**judge, GetParam());
    if (forms.empty()) GTEST_SKIP() << "the kernel takes no such programs";
    const int compared = compare_all(**judge, forms.front());
    RecordProperty("compared", compared);
    EXPECT_GE(compared, 100);
}

INSTANTIATE_TEST_SUITE_P(of, MapHelpers,
                         testing::ValuesIn(prog_types().begin(), prog_types().end()),
                         [](const auto& type) { return std::string(name_of(type.param)); });

ProgramSpec program_of(ProgType type, std::uint32_t flags = 0) {
    ProgramSpec program;
    program.type = type;
    program.prog_flags = flags;
    return program;
}

std::string refusal(MapType type, unsigned fields, const ProgramSpec& program) {
    MapSpec map;
    map.type = type;
    const auto answer = check_map_program(map, fields, program);
    return answer ? "" : answer.error().reason;
}

TEST(map_programs, that_probe_use_no_locks_timers_queues_or_graphs) {
    const auto probe = program_of(ProgType::kprobe);
    EXPECT_EQ(refusal(MapType::array, map_field::timer | map_field::spin_lock, probe),
              "tracing progs cannot use bpf_spin_lock yet");
    EXPECT_EQ(refusal(MapType::array, map_field::rb_root | map_field::spin_lock, probe),
              "tracing progs cannot use bpf_{list_head,rb_root} yet");
    EXPECT_EQ(refusal(MapType::array, map_field::timer, probe),
              "tracing progs cannot use bpf_timer yet");
    EXPECT_EQ(refusal(MapType::array, map_field::work_queue, probe),
              "tracing progs cannot use bpf_wq yet");
    EXPECT_EQ(refusal(MapType::array, map_field::spin_lock, program_of(ProgType::socket_filter)),
              "socket filter progs cannot use bpf_spin_lock yet");
    EXPECT_EQ(refusal(MapType::array, map_field::spin_lock, program_of(ProgType::xdp)), "");
}

TEST(map_programs, that_may_sleep_use_only_some_maps) {
    const auto judge = test::make_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    const auto forms = test::forms_of(**judge, ProgType::syscall);
    ASSERT_FALSE(forms.empty());
    const auto load = lddw_map(r1, 0);
    const auto program = forms.front().doing({load[0], load[1]});
    for (const MapTypeInfo& info : map_type_table()) {
        const auto verdict = test::ask(**judge, test::object_of({program}, {map_of(info)}));
        if (verdict.answer == Answer::not_loadable) continue;
        EXPECT_EQ(refusal(info.type, 0, program), verdict.reason) << info.name;
    }
}

}  // namespace
}  // namespace bpftwin::verifier
