// What the processor refuses: in machine code, in helpers that machine code calls, and elsewhere.
#include <sys/mman.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "isa/encode.h"
#include "isa/op.h"
#include "tests/btf/builder.h"
#include "tests/jit/edge.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

using testing::HasSubstr;

const EngineCase jit{"jit", make_jit, {.safety = Safety::unsafe, .cpu_count = 1}};

/// The trap of a run of one program, in whose text "{}" stands for `address`.
Trap trap_of_run(std::string_view text, std::uint64_t address, std::vector<MapSpec> maps = {},
                 ProgType type = ProgType::unspec) {
    const auto program = assembled(fmt::format(fmt::runtime(text), address), type);
    auto result = run_first(jit, object_of({program}, std::move(maps)));
    if (!result.trap) throw std::runtime_error("the program was not stopped");
    return *result.trap;
}

MapSpec map_of(MapType type, std::uint32_t max_entries = 1) {
    return {
        .name = "map", .type = type, .key_size = 4, .value_size = 8, .max_entries = max_entries};
}

TEST(fault, a_read_of_memory_that_is_not_there_is_a_trap) {
    const Edge edge;
    const Trap trap = trap_of_run("r1 = {:#x} ll\n r0 = *(u32 *)(r1 +8)\n exit", edge.address());
    EXPECT_EQ(trap.kind, TrapKind::bad_access);
    EXPECT_EQ(trap.reason, "read of 4 bytes at an address that cannot be read");
    EXPECT_EQ(trap.program, "prog");
    EXPECT_EQ(trap.pc, 2u);
    EXPECT_EQ(trap.address, edge.address() + 8);
    EXPECT_EQ(trap.size, 4u);
    EXPECT_FALSE(trap.write);
    EXPECT_EQ(trap.region, "");
}

TEST(fault, a_write_to_memory_that_is_only_readable_is_a_trap) {
    const Edge edge(Edge::Behind::readable);
    const Trap trap = trap_of_run("r1 = {:#x} ll\n r0 = *(u8 *)(r1 +0)\n *(u8 *)(r1 +0) = 1\n exit",
                                  edge.address());
    EXPECT_EQ(trap.reason, "write of 1 byte at an address that cannot be written");
    EXPECT_EQ(trap.pc, 3u);
    EXPECT_EQ(trap.address, edge.address());
    EXPECT_TRUE(trap.write);
}

TEST(fault, names_the_line_of_c) {
    BtfBuilder types;
    ProgramSpec program = assembled("r1 = 16\n r0 = *(u64 *)(r1 +0)\n exit");
    program.line_info = {{0, types.string("a.c"), types.string("p = NULL;"), 3 << 10 | 5},
                         {1, types.string("a.c"), types.string("return *p;"), 4 << 10 | 9}};
    ObjectSpec object = object_of({program});
    types.int_("int", 4);
    object.btf = types.build();
    const auto trap = run_first(jit, object).trap;
    ASSERT_TRUE(trap && trap->source);
    EXPECT_EQ(trap->source->file, "a.c");
    EXPECT_EQ(trap->source->line, 4u);
    EXPECT_EQ(trap->source->text, "return *p;");
}

/// The row with the address of memory in r1 and its other register, if it has one, in r2.
Insn access_by(const OpInfo& row, bool loads) {
    if (loads) return insn(row.op, {.dst = 2, .src = 1});
    return insn(row.op,
                {.dst = 1, .src = static_cast<std::uint8_t>(row.family == Family::st ? 0 : 2)});
}

TEST(fault, every_row_that_accesses_memory_says_its_size_and_direction) {
    const Edge edge;
    const auto load = fmt::format("r1 = {:#x} ll\n r2 = 0\n r0 = 0\n exit", edge.address());
    for (const OpInfo& row : op_table) {
        const bool loads = row.family == Family::ldx || row.family == Family::ldxsx ||
                           row.family == Family::load_acquire;
        const bool stores = row.family == Family::st || row.family == Family::stx ||
                            row.family == Family::store_release || row.family == Family::atomic;
        if (!loads && !stores) continue;
        ProgramSpec program = assembled(load);
        program.insns.insert(program.insns.end() - 1, access_by(row, loads));
        const auto trap = run_first(jit, object_of({program})).trap;
        ASSERT_TRUE(trap) << row.name;
        EXPECT_EQ(trap->pc, 4u) << row.name;
        EXPECT_EQ(trap->size, row.bits / 8u) << row.name;
        EXPECT_EQ(trap->write, stores) << row.name;
        EXPECT_EQ(trap->address, edge.address()) << row.name;
    }
}

TEST(fault, of_folded_instructions_is_that_of_the_access) {
    const Edge edge;
    const Trap trap = trap_of_run(R"(
        r1 = {:#x} ll
        r2 = 2
        r2 <<= 3
        r1 += r2
        r1 += 4
        r0 = *(u32 *)(r1 +4)
        r0 = be32 r0
        exit)",
                                  edge.address());
    EXPECT_EQ(trap.pc, 6u);
    EXPECT_EQ(trap.address, edge.address() + 24);
}

// The processor does not say which address it was then; on x86-64 it even claims 0. The upper byte
// stays 0, for arm64 ignores it.
TEST(fault, at_an_address_that_no_memory_has_names_it_all_the_same) {
    constexpr std::uint64_t nowhere = 0x00ad'beef'0000'0000;
    const Trap trap = trap_of_run(
        "r1 = {:#x} ll\n r2 = 3\n r2 <<= 3\n r1 += r2\n *(u64 *)(r1 -8) = 0\n exit", nowhere);
    EXPECT_EQ(trap.address, nowhere + 16);
    EXPECT_EQ(trap.pc, 5u);
    EXPECT_TRUE(trap.write);
    EXPECT_THAT(trap.describe(), HasSubstr("address 0xadbeef00000010"));
}

// On x86-64 the processor takes addresses relative to r10 for accesses of the stack, whose faults
// are another signal.
TEST(fault, far_from_the_frame_pointer_is_a_trap_too) {
    const Trap trap = trap_of_run(
        "r1 = {:#x} ll\n r2 = r10\n r2 += r1\n r0 = *(u64 *)(r2 +0)\n exit", 0x0050'0000'0000'0000);
    EXPECT_EQ(trap.kind, TrapKind::bad_access);
    EXPECT_EQ(trap.address >> 52, 5u);
}

TEST(fault, in_a_callback_is_that_of_the_callback) {
    const Edge edge;
    const Trap trap = trap_of_run(R"(
        r1 = 3
        r2 = subprog[callback]
        r3 = {:#x} ll
        r4 = 0
        call 181
        exit
        callback: r0 = *(u8 *)(r2 +0)
        exit)",
                                  edge.address());
    EXPECT_EQ(trap.pc, 8u);
    EXPECT_EQ(trap.address, edge.address());
}

TEST(fault, in_a_helper_names_the_helper_and_its_call) {
    const Edge edge;
    const Trap trap = trap_of_run("r1 = map[fd:0]\n r2 = {:#x} ll\n call 1\n exit", edge.address(),
                                  {map_of(MapType::hash)});
    EXPECT_EQ(trap.kind, TrapKind::bad_argument);
    EXPECT_EQ(trap.reason, "bpf_map_lookup_elem was given an address that cannot be accessed");
    EXPECT_EQ(trap.pc, 4u);
    EXPECT_EQ(trap.address, edge.address());
    EXPECT_FALSE(trap.write);
}

TEST(fault, in_an_inlined_lookup_is_told_as_the_helpers) {
    const Edge edge;
    const Trap trap = trap_of_run("r1 = map[fd:0]\n r2 = {:#x} ll\n call 1\n exit", edge.address(),
                                  {map_of(MapType::array)});
    EXPECT_EQ(trap.reason, "bpf_map_lookup_elem was given an address that cannot be accessed");
    EXPECT_EQ(trap.pc, 4u);
    EXPECT_EQ(trap.address, edge.address());
}

TEST(fault, in_a_helper_called_by_register_names_the_helper) {
    const Trap trap = trap_of_run("r1 = map[fd:0]\n r2 = {:#x} ll\n r3 = 1\n callx r3\n exit",
                                  0x1000, {map_of(MapType::hash)});
    EXPECT_EQ(trap.reason, "bpf_map_lookup_elem was given an address that cannot be accessed");
}

TEST(fault, in_a_helper_that_a_callback_calls_is_the_callbacks) {
    const Trap trap = trap_of_run(R"(
        r1 = 3
        r2 = subprog[callback]
        r3 = {:#x} ll
        r4 = 0
        call 181
        exit
        callback: r1 = r2
        r2 = 8
        call 16
        exit)",
                                  0x1000);
    EXPECT_EQ(trap.reason, "bpf_get_current_comm was given an address that cannot be accessed");
    EXPECT_EQ(trap.pc, 10u);
}

#if defined(__x86_64__)
TEST(fault, in_a_helper_at_an_address_that_no_memory_has_claims_no_address) {
    const Trap trap = trap_of_run("r1 = {:#x} ll\n r2 = 8\n call 16\n exit", 0xdead'0000'0000'0000);
    EXPECT_EQ(trap.reason, "bpf_get_current_comm was given an address that no memory has");
    EXPECT_EQ(trap.size, 0u);
}
#endif

TEST(fault, ends_the_repetitions_but_not_the_instance) {
    const Edge edge;
    auto instance = instantiated(
        jit, object_of({assembled("r1 = *(u64 *)(r1 +0)\n r0 = *(u64 *)(r1 +0)\n exit")}));
    const auto run_on = [&](std::uint64_t address) {
        RunInput input{.context = Bytes(8), .world = World::fixed(), .repeat = 3};
        std::memcpy(input.context->data(), &address, sizeof address);
        return *instance->run("prog", input);
    };
    const std::uint64_t good = 77;
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(run_on(edge.address()).trap);
        EXPECT_EQ(run_on(reinterpret_cast<std::uint64_t>(&good)).return_value, 77u);
    }
}

TEST(fault, of_one_thread_does_not_disturb_another) {
    const Edge edge;
    std::atomic<unsigned> traps = 0, returns = 0;
    auto instance =
        instantiated(jit, object_of({assembled(fmt::format("r1 = {:#x} ll\n r0 = *(u8 *)(r1 +0)\n "
                                                           "exit",
                                                           edge.address())),
                                     assembled("r0 = 5\n exit", ProgType::unspec, "good")}));
    const auto work = [&](const char* program) {
        for (int i = 0; i < 500; ++i) {
            const auto result = instance->run(program, {.world = World::fixed()}).value();
            if (result.trap) ++traps;
            if (!result.trap && result.return_value == 5) ++returns;
        }
    };
    std::thread bad1(work, "prog"), bad2(work, "prog"), good(work, "good");
    for (std::thread* thread : {&bad1, &bad2, &good}) thread->join();
    EXPECT_EQ(traps, 1000u);
    EXPECT_EQ(returns, 500u);
}

// A mapping may be longer than its file.
TEST(fault, behind_the_end_of_a_mapped_file_is_a_trap) {
    std::FILE* file = std::tmpfile();
    ASSERT_TRUE(file);
    void* mapped = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fileno(file), 0);
    ASSERT_NE(mapped, MAP_FAILED);
    const auto address = reinterpret_cast<std::uint64_t>(mapped);
    EXPECT_EQ(trap_of_run("r1 = {:#x} ll\n r0 = *(u64 *)(r1 +8)\n exit", address).address,
              address + 8);
    munmap(mapped, 4096);
    std::fclose(file);
}

// --- Helpers that lock: a bad address must not leave anything locked, taken or lost.

enum class Bad : std::uint32_t { nothing, value, key };

/// bpf_map_update_elem(map, key, value, flags): what is bad and the flags are in the context.
constexpr auto update_program = R"(
        r6 = r1
        *(u32 *)(r10 -4) = 0
        *(u64 *)(r10 -16) = 1
        r1 = map[fd:0]
        r2 = r10
        r2 += -4
        r3 = r10
        r3 += -16
        r4 = *(u32 *)(r6 +4)
        r5 = *(u32 *)(r6 +0)
        if r5 != 1 goto key
        r3 = 4096
        key: if r5 != 2 goto update
        r2 = 4096
        update: call 2
        exit)";

struct Updated {
    std::string name;
    MapType type;
    std::uint32_t flags = 0;
};
void PrintTo(const Updated& map, std::ostream* out) { *out << map.name; }

/// A value type with a spin lock: struct { struct bpf_spin_lock lock; u32 count; }.
std::uint32_t add_locked_value(BtfBuilder& types) {
    const auto number = types.int_("unsigned int", 4);
    const auto lock = types.struct_("bpf_spin_lock", 4, {{"val", number, 0}});
    return types.struct_("value", 8, {{"lock", lock, 0}, {"count", number, 32}});
}

class map_update : public testing::TestWithParam<Updated> {
protected:
    map_update() {
        BtfBuilder types;
        MapSpec map = map_of(GetParam().type);
        map.btf_value_type_id = add_locked_value(types);
        ObjectSpec object = object_of({assembled(update_program)}, {map});
        if (GetParam().flags != 0) object.btf = types.build();
        instance_ = instantiated(jit, object);
    }

    RunResult update(Bad bad) {
        RunInput input{.context = Bytes(8), .world = World::fixed()};
        std::memcpy(input.context->data(), &bad, 4);
        std::memcpy(input.context->data() + 4, &GetParam().flags, 4);
        return instance_->run("prog", input).value();
    }
    void expect_all_works() {
        const auto good = update(Bad::nothing);
        ASSERT_FALSE(good.trap) << good.trap->describe();
        EXPECT_EQ(good.return_value, 0u);
        MapView& map = *instance_->map("map");
        EXPECT_TRUE(map.update(Bytes(4), {Bytes(8)}, GetParam().flags));
        EXPECT_EQ(map.entries()->size(), 1u);
        EXPECT_TRUE(GetParam().type == MapType::array || map.erase(Bytes(4)));
    }

    std::unique_ptr<Instance> instance_;
};

// More often than there are elements, for a new key and for one that exists.
TEST_P(map_update, works_after_updates_with_bad_addresses) {
    for (const bool exists : {false, true})
        for (const Bad bad : {Bad::value, Bad::key, Bad::value, Bad::key}) {
            if (exists) update(Bad::nothing);
            const auto trap = update(bad).trap;
            ASSERT_TRUE(trap);
            EXPECT_EQ(trap->reason,
                      "bpf_map_update_elem was given an address that cannot be accessed");
            EXPECT_EQ(trap->address, 4096u);
            EXPECT_FALSE(trap->write);
            expect_all_works();
        }
}

constexpr std::uint32_t lock_flag = 4;  // BPF_F_LOCK.

INSTANTIATE_TEST_SUITE_P(types, map_update,
                         testing::Values(Updated{"hash", MapType::hash},
                                         Updated{"percpu_hash", MapType::percpu_hash},
                                         Updated{"lru_hash", MapType::lru_hash},
                                         Updated{"lru_percpu_hash", MapType::lru_percpu_hash},
                                         Updated{"array", MapType::array},
                                         Updated{"locked_hash", MapType::hash, lock_flag},
                                         Updated{"locked_array", MapType::array, lock_flag}),
                         [](const auto& tested) { return tested.param.name; });

TEST(fault, in_ringbuf_output_leaves_no_record_behind) {
    const MapSpec ring{.name = "ring", .type = MapType::ringbuf, .max_entries = 4096};
    const auto instance = instantiated(
        jit, object_of({assembled("r2 = *(u64 *)(r1 +0)\n r1 = map[fd:0]\n r3 = 8\n r4 = 0\n "
                                  "call 130\n exit")},
                       {ring}));
    const auto output = [&](std::uint64_t address) {
        RunInput input{.context = Bytes(8), .world = World::fixed()};
        std::memcpy(input.context->data(), &address, 8);
        return instance->run("prog", input).value();
    };
    EXPECT_EQ(output(4096).trap->reason,
              "bpf_ringbuf_output was given an address that cannot be accessed");
    const std::uint64_t good = 3;
    const auto result = output(reinterpret_cast<std::uint64_t>(&good));
    ASSERT_EQ(result.events.size(), 1u);
    EXPECT_EQ(result.events[0].data, bytes_of({3, 0, 0, 0, 0, 0, 0, 0}));
}

// LeakSanitizer looks.
TEST(fault, in_helpers_that_allocate_leaks_nothing) {
    const MapSpec perf{
        .name = "perf", .type = MapType::perf_event_array, .key_size = 4, .value_size = 4};
    const Trap output = trap_of_run(
        "r2 = map[fd:0]\n w3 = -1\n r4 = {:#x} ll\n r5 = 100000\n call 25\n exit", 4096, {perf});
    EXPECT_THAT(output.reason, HasSubstr("bpf_perf_event_output was given"));
    const Edge edge;
    const Trap printed = trap_of_run(R"(
        *(u16 *)(r10 -8) = 0x0061
        r1 = {:#x} ll
        r2 = 64
        r3 = r10
        r3 += -8
        r4 = 0
        r5 = 0
        call 165
        exit)",
                                     edge.address() - 32);
    EXPECT_THAT(printed.reason, HasSubstr("bpf_snprintf was given"));
    EXPECT_EQ(printed.address, edge.address());
#if !defined(BPFTWIN_EMULATED)
    EXPECT_TRUE(printed.write);  // The emulator does not tell.
#endif
}

}  // namespace
}  // namespace bpftwin::test
