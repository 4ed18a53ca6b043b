#include "tests/corpus/selftest_runs.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "compare/difference.h"
#include "compare/judge.h"
#include "fmt/format.h"
#include "helpers/maps/attributes.h"
#include "helpers/maps/type_info.h"
#include "helpers/prototype.h"
#include "isa/decode.h"
#include "tests/corpus/this_kernel.h"
#include "vm/constants.h"
#include "vm/context.h"
#include "vm/interceptor.h"

namespace bpftwin::test {
namespace {

/// Enough for every selftest that ends; the kernel is not given what goes on.
constexpr std::uint64_t most_insns = 50'000'000;

/// Maps into which the selftests store a value before a run (prog_tests/verifier.c), by object.
struct FilledMap {
    std::string_view object, map;
};
constexpr FilledMap filled_maps[] = {{"verifier_array_access", "map_array_ro"},
                                     {"verifier_value_ptr_arith", "map_array_48b"}};
struct FilledValue {
    std::uint32_t index;
    std::uint32_t foo[11];
};

Result<void> fill_maps(Instance& instance, const ObjectSpec& object) {
    for (const FilledMap& row : filled_maps) {
        MapView* map = row.object == object.name ? instance.map(row.map) : nullptr;
        if (!map) continue;
        const FilledValue value{.index = 7 * sizeof(std::uint32_t),
                                .foo = {0, 0, 0, 0, 0, 0, 0xabcdef12}};
        Bytes bytes(sizeof value);
        std::memcpy(bytes.data(), &value, sizeof value);
        if (auto done = map->update(Bytes(sizeof(std::uint32_t)), {bytes}, 0); !done) return done;
    }
    return {};
}

RunInput input_of(ProgType type, const World& world) {
    RunInput input;
    input.world = world;
    if (context_layout(type).has_packet) input.packet = Bytes(selftest_packet_size);
    input.budget = most_insns;
    input.want_maps = false;
    return input;
}

/// The first thing that it calls and that does not run here; empty: nothing.
std::string missing_function(const ProgramSpec& program) {
    for (std::uint32_t pc = 0; pc < program.insns.size(); ++pc) {
        const Insn& insn = program.insns[pc];
        const auto op = decode(insn);
        if (op == Op::call_helper) {
            const Helper* helper = helper_by_id(static_cast<std::uint32_t>(insn.imm));
            if (helper && !helper->implemented) return fmt::format("helper bpf_{}", helper->name);
        }
        if (op != Op::call_kfunc) continue;
        const std::string_view name = kfunc_name(program, pc);
        if (!kfunc_callee(name).function) return fmt::format("kernel function {}", name);
    }
    return {};
}

/// What it needs that is not in our tables; empty: nothing.
std::string missing_feature(const ObjectSpec& object, const ProgramSpec& program) {
    for (const MapSpec& map : object.maps) {
        const MapTypeInfo* info = map_type_info(map.type);
        if (!info || !info->implemented()) return fmt::format("map type {}", name_of(map.type));
    }
    return missing_function(program);
}

/// The programs that may run when this one does: what tail calls lead to, too.
bool belongs(const ObjectSpec& object, const ProgramSpec& other, const std::string& program,
             const std::map<std::string, Annotations>& annotations) {
    if (other.name == program) return true;
    const auto annotated = annotations.find(other.name);
    if (annotated != annotations.end() && annotated->second.helps) return true;
    return std::ranges::any_of(object.maps, [&](const MapSpec& map) {
        return map.type == MapType::prog_array &&
               std::ranges::count(map.slots, other.name, &MapSlot::target) != 0;
    });
}

std::uint32_t lower_half(const RunResult& result) {
    return static_cast<std::uint32_t>(result.return_value);
}

std::string wrong(std::string_view engine, const Result<RunResult>& result, std::uint32_t linux) {
    if (!result) return fmt::format("{}: {}", engine, result.error().message);
    if (result->trap) return fmt::format("{}: stopped, {}", engine, result->trap->reason);
    return fmt::format("{}: {:#x}, expected {:#x}", engine, lower_half(*result), linux);
}

bool is_endless(const Result<RunResult>& result) {
    return result && result->trap && result->trap->kind == TrapKind::budget;
}

/// What differs in result and packet.
/// @param varied the first in another world, as `compare::findings` takes it.
std::string difference_of(const RunResult& checked, const RunResult& other,
                          const RunResult& varied) {
    for (const compare::Finding& finding : compare::findings(checked, other, &varied)) {
        const bool counts = finding.field == compare::Field::return_value ||
                            finding.field == compare::Field::packet;
        if (counts && finding.agreement == compare::Agreement::different) return finding.text;
    }
    return {};
}

/// The same random numbers in every run, so that none is like those of another world by chance.
World seeded(World world) {
    world.random_seed = 1;
    return world;
}

/// Another time, other random numbers, and stacks, which are a kernel's own.
World other_world(World world) {
    world.task.kernel_stack = {1, 2};
    world.task.user_stack = {3, 4};
    world.ktime_ns = 12'345'678'901'234'567;
    world.ktime_step_ns = 1'013;
    world.random_seed = 7;
    return world;
}

Finding left_out(std::string why) { return {Outcome::left_out, std::move(why)}; }
Finding disagrees(std::string what) { return {Outcome::disagrees, std::move(what)}; }

}  // namespace

SelftestRuns::SelftestRuns(const compare::Contender& kernel, const ObjectSpec& object)
    : kernel_(kernel),
      checked_(compare::make_contender("checked").value()),
      jit_(compare::make_contender("jit").value()),
      object_(object),
      annotations_(annotations_of(*object.btf)) {
    for (ProgramSpec& program : object_.programs)
        if (const auto found = annotations_.find(program.name); found != annotations_.end())
            found->second.apply_flags(program);
    ready_ = object_;
    make_ready(ready_);
}

ObjectSpec SelftestRuns::only(const ObjectSpec& object, const std::string& program) const {
    ObjectSpec one = object;
    std::erase_if(one.programs, [&](const ProgramSpec& other) {
        return !belongs(object, other, program, annotations_);
    });
    for (ProgramSpec& other : one.programs) other.autoload = true;
    return one;
}

std::string SelftestRuns::obstacle(const std::string& program) const {
    const auto there = kernel_.instantiate(only(object_, program));
    if (!there) return "Linux does not create its maps";
    const auto verdict = (*there)->verdict(program);
    if (verdict && verdict->error == EPERM) return "Linux does not permit it";
    if (!verdict || verdict->answer == Answer::not_loadable) return "Linux lacks what it refers to";
    if (verdict->answer != Answer::accepted) return "Linux does not accept it";
    const std::string missing = missing_feature(ready_, *ready_.program(program));
    return missing.empty() ? "" : missing + " is not implemented";
}

Result<RunResult> SelftestRuns::run(const compare::Contender& engine, const std::string& program,
                                    const World& world) const {
    const bool is_kernel = &engine == &kernel_;
    const ObjectSpec one = only(is_kernel ? object_ : ready_, program);
    const auto instance = engine.instantiate(one, {.kernel_types = compare::kernel_types_here()});
    if (!instance) return std::unexpected(instance.error());
    if (auto filled = fill_maps(**instance, one); !filled) return std::unexpected(filled.error());
    return (*instance)->run(program, input_of(one.program(program)->type, world));
}

Finding SelftestRuns::held_against(const std::string& program,
                                   std::optional<std::uint32_t> expected) const {
    if (std::string why = obstacle(program); !why.empty()) return left_out(std::move(why));
    const World world = World::real();
    const auto checked = run(checked_, program, world);
    if (is_endless(checked)) return left_out("does not end here");
    const auto there = run(kernel_, program, world);
    if (!there && there.error().code == enotsupp)
        return left_out("Linux does not test-run its type");
    if (!there) return left_out("Linux's test-run fails");
    if (expected && lower_half(*there) != *expected)
        return left_out("Linux does not return what it says");
    const auto is_right = [&](const Result<RunResult>& result) {
        return result && !result->trap && (!expected || lower_half(*result) == *expected);
    };
    if (!is_right(checked)) return disagrees(wrong("interp", checked, lower_half(*there)));
    const auto compiled = run(jit_, program, world);
    if (!is_right(compiled)) return disagrees(wrong("jit", compiled, lower_half(*there)));
    return {};
}

Finding SelftestRuns::compared(const std::string& program) const {
    if (std::string why = obstacle(program); !why.empty()) return left_out(std::move(why));
    const World world = seeded(World::real());
    const auto checked = run(checked_, program, world);
    if (is_endless(checked)) return left_out("does not end here");
    const auto there = run(kernel_, program, world);
    if (!there && there.error().code == enotsupp)
        return left_out("Linux does not test-run its type");
    if (!there) return left_out("Linux's test-run fails");
    if (!checked || checked->trap) return disagrees(wrong("interp", checked, lower_half(*there)));
    const auto varied = run(checked_, program, other_world(world));
    if (!varied) return left_out(varied.error().message);
    const auto compiled = run(jit_, program, world);
    if (!compiled || compiled->trap) return disagrees(wrong("jit", compiled, lower_half(*there)));
    for (const auto& [name, other] : {std::pair{"kernel", &*there}, std::pair{"jit", &*compiled}})
        if (const std::string text = difference_of(*checked, *other, *varied); !text.empty())
            return disagrees(fmt::format("{}: {}", name, text));
    return {};
}

}  // namespace bpftwin::test
