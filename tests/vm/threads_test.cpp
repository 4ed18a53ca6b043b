// One instance used by several threads at once. Under ThreadSanitizer these also show that nothing
// races; it does not see machine code, but the helpers and maps that machine code calls.
#include <atomic>
#include <cstring>
#include <functional>
#include <numeric>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

constexpr unsigned thread_count = 4;
constexpr unsigned runs = 300;

/// Calls `work(thread)` for each thread, on it.
void in_threads(const std::function<void(unsigned)>& work) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < thread_count; ++i) threads.emplace_back(work, i);
    for (std::thread& thread : threads) thread.join();
}

MapSpec map_of(MapType type, std::uint32_t max_entries) {
    return {
        .name = "map", .type = type, .key_size = 4, .value_size = 8, .max_entries = max_entries};
}

std::uint64_t number_of(const Bytes& bytes) {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data(), std::min(bytes.size(), sizeof number));
    return number;
}

class threads : public testing::TestWithParam<EngineCase> {
protected:
    [[nodiscard]] static std::unique_ptr<Instance> instance_of(std::string_view text,
                                                               std::vector<MapSpec> maps) {
        EngineCase engine = GetParam();
        engine.options.cpu_count = thread_count;
        return instantiated(engine, object_of({assembled(text)}, std::move(maps)));
    }

    /// A run by thread number `thread`, which is its CPU and stands in its context with `round`.
    static RunResult run(Instance& instance, unsigned thread, unsigned round,
                         bool want_maps = false) {
        RunInput input{.context = Bytes(8), .world = World::fixed(), .want_maps = want_maps};
        input.world.cpu = thread;
        std::memcpy(input.context->data(), &thread, 4);
        std::memcpy(input.context->data() + 4, &round, 4);
        auto result = instance.run("prog", input);
        if (!result) throw std::runtime_error(result.error().message);
        if (result->trap) throw std::runtime_error(result->trap->describe());
        return std::move(*result);
    }
    static void run_in_threads(Instance& instance) {
        in_threads([&](unsigned thread) {
            for (unsigned i = 0; i < runs; ++i) run(instance, thread, i);
        });
    }
};
INSTANTIATE_TEST_SUITE_P(engines, threads, testing::ValuesIn(engine_cases()),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(threads, count_atomically_in_a_shared_array) {
    const auto instance = instance_of(R"(
        *(u32 *)(r10 -4) = 0
        r1 = map[fd:0]
        r2 = r10
        r2 += -4
        call 1
        r1 = 1
        lock *(u64 *)(r0 +0) += r1
        r0 = 0
        exit)",
                                      {map_of(MapType::array, 1)});
    run_in_threads(*instance);
    EXPECT_EQ(number_of(instance->map("map")->lookup(Bytes(4))->front()), thread_count * runs);
}

TEST_P(threads, have_a_value_each_in_a_per_cpu_array) {
    const auto instance = instance_of(R"(
        *(u32 *)(r10 -4) = 0
        r1 = map[fd:0]
        r2 = r10
        r2 += -4
        call 1
        r1 = *(u64 *)(r0 +0)
        r1 += 1
        *(u64 *)(r0 +0) = r1
        r0 = 0
        exit)",
                                      {map_of(MapType::percpu_array, 1)});
    run_in_threads(*instance);
    const auto values = instance->map("map")->lookup(Bytes(4));
    for (const Bytes& value : *values) EXPECT_EQ(number_of(value), runs);
}

/// Stores the round under key (round & 31), reads it back, and deletes every fourth.
constexpr auto update_lookup_delete = R"(
        r6 = *(u32 *)(r1 +4)
        r7 = r6
        r7 &= 31
        *(u32 *)(r10 -4) = r7
        *(u64 *)(r10 -16) = r6
        r1 = map[fd:0]
        r2 = r10
        r2 += -4
        r3 = r10
        r3 += -16
        r4 = 0
        call 2
        r1 = map[fd:0]
        r2 = r10
        r2 += -4
        call 1
        if r0 == 0 goto out
        r8 = *(u64 *)(r0 +0)
        *(u64 *)(r0 +0) = r8
        r6 &= 3
        if r6 != 0 goto out
        r1 = map[fd:0]
        r2 = r10
        r2 += -4
        call 3
        out: r0 = 0
        exit)";

TEST_P(threads, share_every_kind_of_hash_map) {
    for (const MapType type :
         {MapType::hash, MapType::percpu_hash, MapType::lru_hash, MapType::lru_percpu_hash}) {
        const auto instance = instance_of(update_lookup_delete, {map_of(type, 16)});
        std::atomic<bool> done = false;
        std::thread reader([&] {
            MapView& map = *instance->map("map");
            for (std::uint32_t i = 0; !done; ++i) {
                EXPECT_LE(map.entries()->size(), 16u);
                const Bytes key = bytes_of({i & 31, 0, 0, 0});
                static_cast<void>(map.update(key, {Bytes(8)}, 0));
                static_cast<void>(map.erase(key));
            }
        });
        run_in_threads(*instance);
        done = true;
        reader.join();
        EXPECT_LE(instance->map("map")->entries()->size(), 16u) << name_of(type);
    }
}

TEST_P(threads, see_the_maps_of_each_other_after_a_run) {
    const auto instance = instance_of(update_lookup_delete, {map_of(MapType::hash, 32)});
    in_threads([&](unsigned thread) {
        for (unsigned i = 0; i < runs; ++i) {
            const auto result = run(*instance, thread, i, true);
            ASSERT_EQ(result.maps.size(), 1u);
            ASSERT_LE(result.maps[0].entries.size(), 32u);
        }
    });
}

TEST_P(threads, lose_no_ring_buffer_record_and_mix_none) {
    const auto instance =
        instance_of(R"(
        r6 = *(u64 *)(r1 +0)
        r1 = map[fd:0]
        r2 = 16
        r3 = 0
        call 131
        if r0 == 0 goto full
        *(u64 *)(r0 +0) = r6
        *(u64 *)(r0 +8) = r6
        r1 = r0
        r2 = 0
        call 132
        r0 = 1
        exit
        full: r0 = 0
        exit)",
                    {{.name = "ring", .type = MapType::ringbuf, .max_entries = 65536}});
    std::atomic<unsigned> sent = 0, received = 0;
    in_threads([&](unsigned thread) {
        for (unsigned i = 0; i < runs; ++i) {
            const auto result = run(*instance, thread, i);
            sent += static_cast<unsigned>(result.return_value);
            for (const Event& event : result.events) {
                ASSERT_EQ(event.data.size(), 16u);
                ASSERT_EQ(std::memcmp(event.data.data(), event.data.data() + 8, 8), 0);
                ++received;
            }
        }
    });
    EXPECT_EQ(sent, thread_count * runs);
    EXPECT_EQ(received, sent);
}

TEST_P(threads, call_back_while_others_change_the_map) {
    const auto instance = instance_of(R"(
        r6 = *(u32 *)(r1 +4)
        r6 &= 15
        *(u32 *)(r10 -4) = r6
        *(u64 *)(r10 -16) = 1
        r1 = map[fd:0]
        r2 = r10
        r2 += -4
        r3 = r10
        r3 += -16
        r4 = 0
        call 2
        *(u64 *)(r10 -24) = 0
        r1 = map[fd:0]
        r2 = subprog[each]
        r3 = r10
        r3 += -24
        r4 = 0
        call 164
        r1 = map[fd:0]
        r2 = r10
        r2 += -4
        call 3
        r0 = *(u64 *)(r10 -24)
        exit
        each: r1 = *(u64 *)(r3 +0)
        r2 = *(u64 *)(r4 +0)
        r2 += r1
        *(u64 *)(r4 +0) = r2
        r0 = 0
        exit)",
                                      {map_of(MapType::hash, 16)});
    in_threads([&](unsigned thread) {
        for (unsigned i = 0; i < runs; ++i) ASSERT_LE(run(*instance, thread, i).return_value, 64u);
    });
}

TEST_P(threads, have_packet_and_context_for_themselves) {
    const auto program = assembled(R"(
        r2 = *(u32 *)(r1 +0)
        r3 = *(u32 *)(r1 +4)
        r4 = r2
        r4 += 20
        if r4 > r3 goto out
        r0 = *(u8 *)(r2 +14)
        r0 += 1
        *(u8 *)(r2 +15) = r0
        out: exit)",
                                   ProgType::xdp);
    const auto instance = instantiated(GetParam(), object_of({program}));
    in_threads([&](unsigned thread) {
        RunInput input{.packet = Bytes(64), .world = World::fixed()};
        input.packet->at(14) = static_cast<std::byte>(thread);
        for (unsigned i = 0; i < runs; ++i) {
            const auto result = instance->run("prog", input);
            ASSERT_EQ(result->return_value, thread + 1);
            ASSERT_EQ(result->packet->at(15), static_cast<std::byte>(thread + 1));
        }
    });
}

TEST_P(threads, make_instances_while_another_one_runs) {
    const auto shared = instance_of(update_lookup_delete, {map_of(MapType::hash, 64)});
    in_threads([&](unsigned thread) {
        for (unsigned i = 0; i < runs; ++i) {
            run(*shared, thread, i);
            if (i % 16 != thread) continue;
            const auto own = instance_of(update_lookup_delete, {map_of(MapType::hash, 64)});
            run(*own, thread, i);
            ASSERT_EQ(own->map("map")->entries()->size(), (i & 3) == 0 ? 0u : 1u);
        }
    });
}

TEST_P(threads, are_stopped_alone) {
    const auto instance = instance_of(R"(
        r0 = *(u32 *)(r1 +0)
        if r0 == 0 goto bad
        exit
        bad: call 9999
        exit)",
                                      {});
    in_threads([&](unsigned thread) {
        RunInput input{.context = Bytes(8), .world = World::fixed()};
        std::memcpy(input.context->data(), &thread, 4);
        for (unsigned i = 0; i < runs; ++i) {
            const auto result = instance->run("prog", input);
            ASSERT_EQ(result->trap.has_value(), thread == 0);
            ASSERT_TRUE(thread == 0 || result->return_value == thread);
        }
    });
}

}  // namespace
}  // namespace bpftwin::test
