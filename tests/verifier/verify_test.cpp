// `verify` as its users call it; where a kernel may be asked, its verdict is held against ours.
#include "bpftwin/verify.h"

#include <cerrno>

#include "bpftwin/kernel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "isa/builder.h"

namespace bpftwin::test {
namespace {

using namespace build;
using testing::HasSubstr;

ObjectSpec object_of(const std::vector<Item>& items, ProgType type = ProgType::socket_filter) {
    ObjectSpec object;
    object.name = "verified";
    object.license = "GPL";
    object.programs.emplace_back();
    object.programs[0].name = "main";
    object.programs[0].type = type;
    object.programs[0].insns = build::program(items);
    return object;
}

Verdict verdict_on(const ObjectSpec& object, std::uint32_t log_level = 0) {
    return verify(object, object.programs[0], {.log_level = log_level});
}

/// What a kernel of the release that the verifier mirrors says, or nothing where none may be asked.
std::optional<Verdict> kernel_verdict_on(const ObjectSpec& object) {
    auto judge = make_kernel_judge();
    if (!judge || !(*judge)->release().starts_with("6.18.")) return std::nullopt;
    const std::vector<std::string> names{"main"};
    auto verdicts = (*judge)->judge(object, names, 0);
    if (!verdicts || verdicts->front().answer == Answer::not_loadable) return std::nullopt;
    return verdicts->front();
}

TEST(verify, accepts_and_counts_what_it_looked_at) {
    const Verdict verdict = verdict_on(object_of({mov(r0, 0), build::exit()}));
    EXPECT_EQ(verdict.answer, Answer::accepted) << verdict.reason;
    EXPECT_EQ(verdict.error, 0);
    EXPECT_EQ(verdict.insns, 2U);
}

TEST(verify, says_why_it_rejects_as_the_kernel_does) {
    const ObjectSpec object = object_of({ldxdw(r0, r10, 8), build::exit()});
    const Verdict verdict = verdict_on(object);
    EXPECT_EQ(verdict.answer, Answer::rejected);
    EXPECT_EQ(verdict.error, EACCES);
    EXPECT_EQ(verdict.reason, "invalid read from stack R10 off=8 size=8");
    const auto kernel = kernel_verdict_on(object);
    if (!kernel) GTEST_SKIP() << "no kernel of the release that is mirrored may be asked";
    EXPECT_EQ(kernel->reason, verdict.reason);
}

TEST(verify, names_the_feature_that_it_does_not_know) {
    const Verdict verdict = verdict_on(object_of({mov(r0, 0), build::exit()}, ProgType::ext));
    EXPECT_EQ(verdict.answer, Answer::unsupported);
    EXPECT_EQ(verdict.reason, "programs of type ext");
}

TEST(verify, ends_at_the_kernels_limit_of_instructions) {
    const ObjectSpec object = object_of({mov(r6, 0), build::label("again"), add(r6, 1),
                                         jne(r6, 2'000'000, "again"), mov(r0, 0), build::exit()});
    const Verdict verdict = verdict_on(object);
    EXPECT_EQ(verdict.answer, Answer::rejected);
    EXPECT_EQ(verdict.error, E2BIG);
    EXPECT_EQ(verdict.reason, "BPF program is too large. Processed 1000001 insn");
}

TEST(verify, rejects_loops_that_change_nothing) {
    const ObjectSpec object =
        object_of({mov(r0, 0), build::label("again"), jeq(r0, 0, "again"), build::exit()});
    const Verdict verdict = verdict_on(object, 1);
    EXPECT_EQ(verdict.answer, Answer::rejected);
    EXPECT_THAT(verdict.log, HasSubstr("infinite loop detected at insn 1"));
}

TEST(verify, writes_states_in_the_kernels_format) {
    const ObjectSpec object = object_of({call(7), and_(r0, 255), mov(r0, 0), build::exit()});
    const Verdict verdict = verdict_on(object, 2);
    EXPECT_THAT(verdict.log, HasSubstr("R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,"
                                       "var_off=(0x0; 0xff))"));
}

TEST(verify, shows_only_the_failing_path_at_level_1) {
    const ObjectSpec object = object_of({call(7), jeq(r0, 0, "bad"), mov(r0, 0), build::exit(),
                                         build::label("bad"), ldxdw(r0, r10, 8), build::exit()});
    const Verdict verdict = verdict_on(object, 1);
    EXPECT_EQ(verdict.answer, Answer::rejected);
    EXPECT_THAT(verdict.log, testing::Not(HasSubstr("3: (95) exit")));
    EXPECT_THAT(verdict.log, HasSubstr("invalid read from stack R10 off=8 size=8"));
}

// docs/kernel-differences.md: 6.18 accepts this use of a record that was given back.
TEST(verify, a_sum_belongs_to_the_reference_of_its_pointer) {
    ObjectSpec object =
        object_of({lddw_map(r1, 0), mov(r2, 16), mov(r3, 0), call(131), jeq(r0, 0, "end"),
                   mov(r6, 0), add(r6, r0), mov(r1, r0), mov(r2, 0), call(132), ldxdw(r0, r6, 0),
                   build::label("end"), mov(r0, 0), build::exit()});
    object.maps.push_back({.name = "records", .type = MapType::ringbuf, .max_entries = 4096});
    const Verdict verdict = verdict_on(object);
    EXPECT_EQ(verdict.answer, Answer::rejected);
    EXPECT_EQ(verdict.reason, "R6 invalid mem access 'scalar'");
    const auto kernel = kernel_verdict_on(object);
    if (!kernel) GTEST_SKIP() << "no kernel of the release that is mirrored may be asked";
    EXPECT_EQ(kernel->answer, Answer::accepted) << "the kernel differs no longer";
}

// docs/kernel-differences.md: 6.18 accepts this load from before the context.
TEST(verify, nothing_is_before_the_context_of_a_tracepoint) {
    const ObjectSpec object =
        object_of({ldxdw(r0, r1, -8), mov(r0, 0), build::exit()}, ProgType::tracepoint);
    const Verdict verdict = verdict_on(object);
    EXPECT_EQ(verdict.answer, Answer::rejected);
    EXPECT_EQ(verdict.reason, "invalid bpf_context access off=-8 size=8");
    const auto kernel = kernel_verdict_on(object);
    if (!kernel) GTEST_SKIP() << "no kernel of the release that is mirrored may be asked";
    EXPECT_EQ(kernel->answer, Answer::accepted) << "the kernel differs no longer";
}

}  // namespace
}  // namespace bpftwin::test
