// A real kernel as engine and as judge, on this machine's where the process may ask it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iterator>
#include <set>

#include "bpftwin/bpftwin.h"
#include "compare/difference.h"
#include "compare/engines.h"
#include "compare/timing.h"
#include "fmt/format.h"
#include "helpers/maps/attributes.h"
#include "kernel-backend/attribute.h"
#include "kernel-backend/kernel.h"
#include "kernel-backend/program.h"
#include "tests/support/compile.h"
#include "tests/support/programs.h"

namespace bpftwin::kernel {
namespace {

using test::assembled;
using test::object_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

#define KERNEL_OR_SKIP(engine)   \
    auto engine = make_kernel(); \
    if (!engine) GTEST_SKIP() << engine.error().message

// Every way out of a program: context, packet, maps of several kinds, both rings, the trace.
constexpr const char* busy = R"(
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4);
         __type(key, __u32); __type(value, __u64); } seen SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 2);
         __type(key, __u32); __type(value, __u64); } counts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4);
         __uint(value_size, 4); } perf SEC(".maps");
int counter = 5; const volatile int step = 3;
SEC("tc") int busy(struct __sk_buff *skb) {
    __u32 key = 1;
    __u64 length = skb->len, *count = bpf_map_lookup_elem(&counts, &key);
    if (count) *count += step;
    bpf_map_update_elem(&seen, &key, &length, 0);
    struct { int a; char text[12]; } record = {4, "hello"};
    bpf_ringbuf_output(&ring, &record, sizeof(record), 0);
    bpf_perf_event_output(skb, &perf, BPF_F_CURRENT_CPU, &record, sizeof(record));
    bpf_printk("length %d", skb->len);
    skb->mark = 77;
    skb->cb[1] = 9;
    counter++;
    bpf_skb_store_bytes(skb, 0, &record, 8, 0);
    return skb->protocol;
}
char _license[] SEC("license") = "GPL";
)";

RunInput input() {
    RunInput input;
    input.packet = Bytes(64);
    (*input.packet)[12] = std::byte{8};
    (*input.packet)[14] = std::byte{0x45};
    return input;
}

TEST(kernel_engine, shows_every_effect_as_the_interpreter_does) {
    KERNEL_OR_SKIP(kernel);
    COMPILE_OR_SKIP(compiled, busy, {.compiler = "clang-19", .name = "busy"});
    const auto object = load_elf_file(compiled.path);
    ASSERT_TRUE(object) << object.error().message;
    const compare::Pin pin;  // Values of CPUs are compared.
    const auto mine = make_interpreter()->instantiate(*object, {});
    const auto theirs = (*kernel)->instantiate(*object, {});
    ASSERT_TRUE(theirs) << theirs.error().message;
    for (int run = 0; run < 2; ++run) {
        const auto expected = (*mine)->run("busy", input());
        const auto actual = (*theirs)->run("busy", input());
        ASSERT_TRUE(actual) << actual.error().message;
        EXPECT_EQ(compare::difference(*expected, *actual), std::nullopt);
        EXPECT_THAT(actual->events, SizeIs(2));
        EXPECT_THAT(actual->maps, SizeIs(object->maps.size()));
    }
}

TEST(kernel_engine, says_why_it_runs_a_program_not) {
    KERNEL_OR_SKIP(kernel);
    const auto object = object_of({assembled("r0 = r7\n exit", ProgType::xdp, "bad"),
                                   assembled("r0 = 0\n exit", ProgType::kprobe, "probe"),
                                   assembled("r0 = 2\n exit", ProgType::xdp, "good")});
    const auto instance = (*kernel)->instantiate(object, {});
    ASSERT_TRUE(instance) << instance.error().message;
    EXPECT_THAT((*instance)->run("bad", {}).error().message,
                HasSubstr("program bad: rejected by the kernel: R7 !read_ok"));
    EXPECT_THAT((*instance)->run("probe", {}).error().message,
                HasSubstr("Linux has no test-run for kprobe programs"));
    EXPECT_EQ((*instance)->run("good", {})->return_value, 2u);
    EXPECT_GT((*instance)->code_info("good")->bytes, 0u);
}

TEST(kernel_engine, blames_no_program_that_the_verifier_never_read) {
    KERNEL_OR_SKIP(kernel);
    const auto object = object_of({assembled("r0 = r7\n exit", ProgType::xdp, "bad"),
                                   assembled("r0 = 0\n exit", ProgType::unspec, "untyped")});
    const auto instance = (*kernel)->instantiate(object, {});
    ASSERT_TRUE(instance) << instance.error().message;
    EXPECT_EQ((*instance)->run("bad", {}).error().code, EACCES);
    EXPECT_EQ((*instance)->run("untyped", {}).error().code, enotsupp);
}

TEST(kernel_engine, runs_the_initial_programs_of_a_prog_array) {
    KERNEL_OR_SKIP(kernel);
    MapSpec jumps{.name = "jumps",
                  .type = MapType::prog_array,
                  .key_size = 4,
                  .value_size = 4,
                  .max_entries = 2};
    jumps.slots = {{1, "target"}};
    const auto object = object_of(
        {assembled("r2 = map[fd:0]\n r3 = 1\n call 12\n r0 = 1\n exit", ProgType::xdp, "first"),
         assembled("r0 = 3\n exit", ProgType::xdp, "target")},
        {jumps});
    const auto instance = (*kernel)->instantiate(object, {});
    ASSERT_TRUE(instance) << instance.error().message;
    EXPECT_EQ((*instance)->run("first", {})->return_value, 3u);
}

TEST(kernel_engine, runs_netfilter_programs_on_a_packet_of_its_own) {
    KERNEL_OR_SKIP(kernel);
    ProgramSpec accept = assembled("r0 = 1\n exit", ProgType::netfilter, "accept");
    accept.expected_attach_type = AttachType::netfilter;
    const auto object = object_of({accept});
    const auto instance = (*kernel)->instantiate(object, {});
    ASSERT_TRUE(instance) << instance.error().message;
    const auto result = (*instance)->run("accept", {});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->return_value, 1u);
    EXPECT_FALSE(result->packet);
}

TEST(kernel_engine, shows_an_xdp_packet_without_its_metadata) {
    KERNEL_OR_SKIP(kernel);
    const auto object =
        object_of({assembled("r2 = -4\n call 54\n r0 = 2\n exit", ProgType::xdp, "meta")});
    const auto instance = (*kernel)->instantiate(object, {});
    ASSERT_TRUE(instance) << instance.error().message;
    EXPECT_EQ((*instance)->run("meta", input())->packet, input().packet);
}

TEST(kernel_engine, shows_a_map_of_sockets_that_user_space_cannot_read_as_empty) {
    KERNEL_OR_SKIP(kernel);
    const MapSpec sockets{.name = "sockets",
                          .type = MapType::xskmap,
                          .key_size = 4,
                          .value_size = 4,
                          .max_entries = 2};
    const auto object =
        object_of({assembled("r1 = map[fd:0]\n r0 = 2\n exit", ProgType::xdp, "p")}, {sockets});
    const auto instance = (*kernel)->instantiate(object, {});
    ASSERT_TRUE(instance) << instance.error().message;
    RunInput with_maps = input();
    with_maps.want_maps = true;
    const auto result = (*instance)->run("p", with_maps);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_THAT(result->maps.at(0).entries, SizeIs(0));
}

TEST(kernel_judge, tells_verdicts_apart) {
    auto judge = make_kernel_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    ProgramSpec hook = assembled("r0 = 0\n exit", ProgType::lsm, "hook");
    hook.attach_target = "no_such_hook";
    const auto object = object_of({assembled("r0 = 2\n exit", ProgType::xdp, "good"),
                                   assembled("exit", ProgType::xdp, "bad"), hook,
                                   assembled("exit", ProgType::unspec, "any")});
    const std::vector<std::string> names{"good", "bad", "hook", "any"};
    const auto verdicts = (*judge)->judge(object, names, 1);
    ASSERT_TRUE(verdicts) << verdicts.error().message;
    EXPECT_EQ((*verdicts)[0].answer, Answer::accepted);
    EXPECT_EQ((*verdicts)[0].insns, 2u);
    EXPECT_EQ((*verdicts)[1].answer, Answer::rejected);
    EXPECT_EQ((*verdicts)[1].error, EACCES);
    EXPECT_EQ((*verdicts)[1].reason, "R0 !read_ok");
    EXPECT_EQ((*verdicts)[2].answer, Answer::not_loadable);
    EXPECT_THAT((*verdicts)[2].reason, HasSubstr("no bpf_lsm_no_such_hook"));
    EXPECT_EQ((*verdicts)[3].answer, Answer::not_loadable);
    EXPECT_THAT((*verdicts)[3].reason, HasSubstr("says no program type"));
}

/// Ids of everything of a kind that the kernel has.
std::set<std::uint32_t> ids(Kernel& kernel, int command) {
    std::set<std::uint32_t> all;
    for (std::uint32_t id = 0;;) {
        Attribute next;
        next->start_id = id;
        if (!next.call(kernel, command)) return all;
        id = next->next_id;
        all.insert(id);
    }
}

TEST(kernel_engine, externs_are_resolved_for_the_kernel_that_gets_them) {
    KERNEL_OR_SKIP(engine);
    COMPILE_OR_SKIP(compiled, R"(
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
extern int LINUX_KERNEL_VERSION __kconfig;
extern int CONFIG_GIVEN __kconfig;
extern _Bool CONFIG_NO_SUCH_THING __kconfig __weak;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern int bpf_no_such_function(int x) __ksym __weak;
extern int bpf_no_such_function_either(int x) __ksym;
SEC("tc") int config(struct __sk_buff *skb) {
    return (LINUX_KERNEL_VERSION >> 16) + CONFIG_GIVEN + CONFIG_NO_SUCH_THING;
}
SEC("tc") int calls(struct __sk_buff *skb) {
    bpf_rcu_read_lock();
    bpf_rcu_read_unlock();
    return bpf_no_such_function ? bpf_no_such_function(1) : 7;
}
SEC("tc") int reached(struct __sk_buff *skb) { return bpf_no_such_function(1); }
SEC("tc") int missing(struct __sk_buff *skb) { return bpf_no_such_function_either(1); }
char _license[] SEC("license") = "GPL";
)");
    auto object = load_elf_file(compiled.path);
    ASSERT_TRUE(object) << object.error().message;
    object->kconfig = "CONFIG_GIVEN=100\n";
    auto instance = (*engine)->instantiate(*object, {});
    ASSERT_TRUE(instance) << instance.error().message;
    const RunInput input{.packet = Bytes(64)};
    const auto config = (*instance)->run("config", input);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->return_value, 100 + std::stoul((*engine)->release()));
    const auto calls = (*instance)->run("calls", input);
    ASSERT_TRUE(calls) << calls.error().message;
    EXPECT_EQ(calls->return_value, 7U);
    const auto reached = (*instance)->verdict("reached");
    EXPECT_EQ(reached->answer, Answer::rejected);
    EXPECT_THAT(reached->reason, HasSubstr("extern bpf_no_such_function: neither kernel"));
    const auto missing = (*instance)->verdict("missing");
    EXPECT_EQ(missing->answer, Answer::not_loadable);
    EXPECT_THAT(missing->reason, HasSubstr("extern bpf_no_such_function_either"));
}

TEST(kernel_target, this_machines_kernel_needs_no_privilege_and_reads_what_is_asked_for) {
    ObjectSpec object;
    EXPECT_FALSE(target_for(object)->types);
    object.externs.push_back(
        {.name = "LINUX_KERNEL_VERSION", .kind = ExternSpec::Kind::config, .type_id = 0});
    const auto target = target_for(object);
    ASSERT_TRUE(target);
    EXPECT_GT(target->version, 4U << 16);
    EXPECT_TRUE(target->config.empty());
    EXPECT_TRUE(target->symbols.empty());
}

TEST(modules, calls_and_loads_get_the_descriptors_of_modules_types) {
    auto program = assembled("r1 = btf_id 5\n call kernel-function#7[2]\n r0 = 0\n exit");
    const auto reference = [](std::uint32_t insn, const char* module) {
        return ExternReference{.insn = insn,
                               .index = 0,
                               .name = "x",
                               .state = ExternState::resolved,
                               .module = module};
    };
    program.externs = {reference(0, "first"), reference(2, "second")};
    const ModuleTypes modules = {{"first", 11}, {"second", 12}};
    EXPECT_EQ(with_descriptors(program, {}, modules)[1].imm, 11);
    EXPECT_THAT(called_modules(program, modules), ElementsAre(0, 0, 12));
}

/// What is in the kernel at one time and was not there before. Others load and drop meanwhile, so
/// that only what came is looked for later.
class Newcomers {
public:
    Newcomers() : kernel_(local_kernel_unasked()), old_(all()) {}

    /// Whether something came.
    bool appear() {
        std::ranges::set_difference(all(), old_, std::inserter(new_, new_.end()));
        return !new_.empty();
    }
    /// Whether all of that goes: the kernel frees behind a grace period.
    bool leave() {
        for (int tries = 0; tries < 100; ++tries) {
            const Ids now = all();
            if (std::ranges::none_of(new_, [&](const auto& id) { return now.contains(id); }))
                return true;
            usleep(20'000);
        }
        return false;
    }

private:
    using Ids = std::set<std::pair<int, std::uint32_t>>;  ///< Command that lists it, and its id.

    [[nodiscard]] Ids all() const {
        Ids found;
        for (const int command : {BPF_PROG_GET_NEXT_ID, BPF_MAP_GET_NEXT_ID, BPF_BTF_GET_NEXT_ID})
            for (const std::uint32_t id : ids(*kernel_, command)) found.emplace(command, id);
        return found;
    }

    std::unique_ptr<Kernel> kernel_;
    Ids old_, new_;
};

ObjectSpec program_and_map() {
    return object_of({assembled("r0 = 2\n exit", ProgType::xdp, "good")}, {{.name = "one",
                                                                            .type = MapType::array,
                                                                            .key_size = 4,
                                                                            .value_size = 8,
                                                                            .max_entries = 1}});
}

TEST(kernel_engine, leaves_nothing_in_the_kernel) {
    KERNEL_OR_SKIP(kernel);
    Newcomers ours;
    {
        const auto instance = (*kernel)->instantiate(program_and_map(), {});
        ASSERT_TRUE(instance) << instance.error().message;
        EXPECT_TRUE(ours.appear());
    }
    EXPECT_TRUE(ours.leave());
}

TEST(kernel_engine, leaves_nothing_in_the_kernel_when_its_process_is_killed) {
    KERNEL_OR_SKIP(kernel);
    const ObjectSpec object = program_and_map();
    Newcomers ours;
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        const auto instance = (*kernel)->instantiate(object, {});
        const char loaded = instance ? 'y' : 'n';
        if (write(ready[1], &loaded, 1) == 1) pause();
        _exit(1);
    }
    char loaded = '?';
    EXPECT_EQ(read(ready[0], &loaded, 1), 1);
    EXPECT_EQ(loaded, 'y');
    EXPECT_TRUE(ours.appear());
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(ready[0]);
    close(ready[1]);
    EXPECT_TRUE(ours.leave());
}

/// Callbacks for congestion control: one that the kernel has, one that it has not.
constexpr const char* callbacks = R"(
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
struct tcp_congestion_ops { unsigned (*ssthresh)(u64 *); unsigned (*no_such)(u64 *); };
SEC("struct_ops") unsigned threshold(u64 *args) { return 10; }
SEC("struct_ops") unsigned other(u64 *args) { return 10; }
SEC("struct_ops") unsigned loose(u64 *args) { return 10; }
SEC(".struct_ops") struct tcp_congestion_ops ops = {threshold, other};
char _license[] SEC("license") = "GPL";
)";

TEST(kernel_judge, takes_callbacks_for_members_that_its_structs_have) {
    auto judge = make_kernel_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    COMPILE_OR_SKIP(compiled, callbacks);
    const auto object = load_elf_file(compiled.path);
    ASSERT_TRUE(object) << object.error().message;
    const std::vector<std::string> names{"threshold", "other", "loose"};
    const auto verdicts = (*judge)->judge(*object, names, 0);
    ASSERT_TRUE(verdicts) << verdicts.error().message;
    EXPECT_EQ(verdicts->at(0).answer, Answer::accepted) << verdicts->at(0).reason;
    EXPECT_EQ(verdicts->at(1).answer, Answer::not_loadable);
    EXPECT_THAT(verdicts->at(1).reason,
                HasSubstr("no member no_such in struct tcp_congestion_ops"));
    EXPECT_THAT(verdicts->at(2).reason, HasSubstr("no struct in section .struct_ops"));
}

TEST(verdict, is_read_from_the_log) {
    Verdict verdict{.answer = Answer::rejected,
                    .log =
                        "0: R1=ctx() R10=fp0\n0: (95) exit\nR0 !read_ok\n"
                        "verification time 25 usec\nstack depth 0\n"
                        "processed 7 insns (limit 1000000) max_states_per_insn 1 "
                        "total_states 3 peak_states 2 mark_read 0\n"};
    read_log(verdict);
    EXPECT_EQ(verdict.reason, "R0 !read_ok");
    EXPECT_EQ(verdict.insns, 7u);
    EXPECT_EQ(verdict.states, 3u);
    EXPECT_EQ(verdict.peak_states, 2u);
    EXPECT_EQ(verdict.duration_us, 25u);
}

ObjectSpec counting(std::string map) {
    MapSpec counts{.name = std::move(map),
                   .type = MapType::array,
                   .key_size = 4,
                   .value_size = 8,
                   .max_entries = 1};
    return object_of({test::counting_program(0, ProgType::sched_cls)}, {std::move(counts)});
}

TEST(kernel_engine, two_instances_share_a_map_that_outlives_the_first) {
    KERNEL_OR_SKIP(engine);
    auto first = (*engine)->instantiate(counting("counts"), {});
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ((*first)->run("prog", input())->return_value, 1u);
    const auto second = (*engine)->instantiate(
        counting("total"), {.maps = {{"total", (*first)->shared_map("counts")}}});
    ASSERT_TRUE(second) << second.error().message;
    first->reset();
    EXPECT_EQ((*second)->run("prog", input())->return_value, 2u);
    EXPECT_EQ((*(*second)->map("total")->lookup(Bytes(4)))[0][0], std::byte{2});
}

TEST(kernel_engine, shares_no_maps_with_engines_of_this_process) {
    KERNEL_OR_SKIP(engine);
    const auto ours = make_interpreter()->instantiate(counting("counts"), {});
    ASSERT_TRUE(ours);
    const auto theirs = (*engine)->instantiate(
        counting("total"), {.maps = {{"total", (*ours)->shared_map("counts")}}});
    ASSERT_FALSE(theirs);
    EXPECT_EQ(
        theirs.error().message,
        "map total: cannot be map counts, which is not of an instance of this kernel's engine");
    const auto kernels = (*engine)->instantiate(counting("counts"), {});
    ASSERT_TRUE(kernels);
    const auto interpreted = make_interpreter()->instantiate(
        counting("total"), {.maps = {{"total", (*kernels)->shared_map("counts")}}});
    ASSERT_FALSE(interpreted);
    EXPECT_EQ(interpreted.error().message,
              "map total: cannot be map counts, which is not of an engine of this process");
}

}  // namespace
}  // namespace bpftwin::kernel
