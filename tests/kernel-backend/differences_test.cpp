// The list of docs/kernel-differences.md: what a kernel does otherwise, and that it still does.
#include <sys/utsname.h>

#include <cstring>

#include "bpftwin/kernel.h"
#include "gtest/gtest.h"
#include "isa/builder.h"

namespace bpftwin::kernel {
namespace {

using namespace build;

/// Enough of them for the verifier to remember the state at one.
void add_nops(std::vector<Item>& items, int count) {
    for (int i = 0; i < count; ++i) items.emplace_back(ja(0));
}

/// Two paths to `out`, which reads all of r0: the one with the cmpxchg is looked at last.
std::vector<Insn> pruned_behind_cmpxchg() {
    std::vector<Item> items = {
        ldxw(r3, r1, 4),
        ldxw(r1, r1, 0),
        mov(r2, r1),
        add(r2, 64),
        jgt(r2, r3, "end"),
        lddw_map_value(r6, 0, 0),
        ldxdw(r2, r1, 8),
        stxdw(r10, -16, r2),
        ldxdw(r4, r1, 24),
        ldxdw(r7, r1, 40),
        atomic_add32(r10, -12, r7),
        load_acquire_dw(r0, r10, -16),
        atomic_cmpxchg32(r6, 20, r4),
        jset32(r3, 0xb7a2f73, "out"),
        ja(0),
        lddw_map(r1, 1),
        mov(r2, r10),
        add(r2, -72),
        call(1),
    };
    add_nops(items, 15);
    items.emplace_back(jeq(r0, 0, "found"));
    add_nops(items, 1);
    items.push_back(build::label("found"));
    add_nops(items, 5);
    items.push_back(build::label("out"));
    add_nops(items, 6);
    items.insert(items.end(), {stxdw(r6, 64, r0), build::label("end"), mov(r0, 2), build::exit()});
    return build::program(items);
}

/// The slot at -40 is a known number only where the jset does not jump.
std::vector<Insn> branch_on_what_was_fetched() {
    std::vector<Item> items = {
        ldxw(r3, r1, 4),     ldxw(r1, r1, 0),          mov(r2, r1),         add(r2, 64),
        jgt(r2, r3, "end"),  lddw_map_value(r6, 0, 0), ldxdw(r4, r1, 24),   ldxdw(r5, r1, 32),
        ldxdw(r7, r1, 40),   ldxdw(r8, r1, 48),        stxdw(r10, -40, r5), mov(r0, 7),
        sub32(r0, 16711935), jset(r4, r8, "skip"),     stxdw(r10, -40, r0), build::label("skip"),
    };
    add_nops(items, 7);
    items.insert(items.end(), {atomic_xchg64(r10, -40, r7), jge32(r7, 0x7fffffff, "end"),
                               stb(r6, 64, 1), build::label("end"), mov(r0, 2), build::exit()});
    return build::program(items);
}

/// Bytes 64 to 71 of the map's value after a run on this packet.
std::uint64_t stored(Engine& engine, const std::vector<Insn>& insns, const Bytes& packet) {
    ObjectSpec object;
    object.name = "difference";
    object.license = "GPL";
    for (const std::uint32_t entries : {1U, 4U})
        object.maps.push_back({.name = entries == 1 ? "globals" : "array",
                               .type = MapType::array,
                               .key_size = 4,
                               .value_size = 128,
                               .max_entries = entries});
    object.programs.emplace_back();
    object.programs[0].name = "main";
    object.programs[0].type = ProgType::xdp;
    object.programs[0].insns = insns;
    const auto instance = engine.instantiate(object, {});
    if (!instance) bug(instance.error().message);
    RunInput input;
    input.world = World::fixed();
    input.packet = packet;
    if (const auto run = (*instance)->run("main", input); !run) bug(run.error().message);
    const auto values = (*instance)->map("globals")->lookup(Bytes(4));
    std::uint64_t word = 0;
    std::memcpy(&word, values->front().data() + 64, sizeof word);
    return word;
}

/// A kernel of which the differences are known, or why there is none.
Result<std::unique_ptr<Engine>> known_kernel() {
    utsname system{};
    uname(&system);
    const std::string_view release = system.release;
    if (!release.starts_with("6.18.") || std::string_view(system.machine) != "x86_64")
        return fail(std::string("known of Linux 6.18 on x86-64, this is ") + system.release);
    return make_kernel();
}

TEST(kernel_differences, cmpxchg32_keeps_the_upper_half_of_r0_on_a_pruned_path) {
    Bytes packet(64);
    packet[12] = std::byte{1};  // r0 before: 0x1'0000'0000.
    EXPECT_EQ(stored(*make_interpreter(), pruned_behind_cmpxchg(), packet), 0u);
    const auto kernel = known_kernel();
    if (!kernel) GTEST_SKIP() << kernel.error().message;
    EXPECT_EQ(stored(**kernel, pruned_behind_cmpxchg(), packet), 0x1'0000'0000u);
}

TEST(kernel_differences, a_branch_on_what_an_atomic_fetched_from_the_stack_is_taken_for_dead) {
    Bytes packet(64);
    packet[24] = packet[48] = std::byte{1};  // The jset jumps.
    packet[33] = std::byte{1};               // 0x100 is fetched.
    EXPECT_EQ(stored(*make_interpreter(), branch_on_what_was_fetched(), packet), 1u);
    const auto kernel = known_kernel();
    if (!kernel) GTEST_SKIP() << kernel.error().message;
    EXPECT_EQ(stored(**kernel, branch_on_what_was_fetched(), packet), 0u);
}

}  // namespace
}  // namespace bpftwin::kernel
