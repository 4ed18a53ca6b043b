// Live maps that two instances have in common.
#include <cstring>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

using testing::HasSubstr;

MapSpec map_named(std::string name, MapType type = MapType::array) {
    return {
        .name = std::move(name), .type = type, .key_size = 4, .value_size = 8, .max_entries = 4};
}

/// The first map is only to give the second another index than in other objects.
ObjectSpec counting(MapSpec counted) {
    return object_of({counting_program(1)}, {map_named("other"), std::move(counted)});
}

class shared_maps : public testing::TestWithParam<EngineCase> {
protected:
    static Result<std::unique_ptr<Instance>> sharing(const ObjectSpec& object, SharedMaps maps) {
        EngineOptions options = GetParam().options;
        options.maps = std::move(maps);
        return GetParam().make()->instantiate(object, options);
    }
    static std::unique_ptr<Instance> instance_of(const ObjectSpec& object, SharedMaps maps = {}) {
        auto instance = sharing(object, std::move(maps));
        if (!instance) throw std::runtime_error(instance.error().message);
        return std::move(*instance);
    }
    static RunResult run(Instance& instance, bool want_maps = false) {
        auto result = instance.run("prog", {.world = World::fixed(), .want_maps = want_maps});
        if (!result) throw std::runtime_error(result.error().message);
        return std::move(*result);
    }
    /// Why an object with map `wanted` cannot have `given`.
    static std::string refusal(const MapSpec& wanted, const MapSpec& given) {
        const auto owner = instance_of(object_of({}, {given}));
        const auto user =
            sharing(object_of({}, {wanted}), {{wanted.name, owner->shared_map(given.name)}});
        return user ? "" : user.error().message;
    }
};
INSTANTIATE_TEST_SUITE_P(engines, shared_maps, testing::ValuesIn(engine_cases()),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(shared_maps, programs_of_two_instances_count_in_one) {
    const auto first = instance_of(counting(map_named("counts")));
    EXPECT_EQ(run(*first).return_value, 1u);
    const auto second =
        instance_of(counting(map_named("total")), {{"total", first->shared_map("counts")}});
    EXPECT_EQ(run(*second).return_value, 2u) << "what was there before stays";
    EXPECT_EQ(run(*first).return_value, 3u);
}

TEST_P(shared_maps, have_the_name_that_each_object_gives_them) {
    const auto first = instance_of(counting(map_named("counts")));
    const auto second =
        instance_of(counting(map_named("total")), {{"total", first->shared_map("counts")}});
    EXPECT_EQ(second->map("total"), first->map("counts"));
    EXPECT_EQ(second->map("counts"), nullptr);
    EXPECT_NE(second->map("other"), first->map("other"));
    const RunResult result = run(*second, true);
    ASSERT_EQ(result.maps.size(), 2u);
    EXPECT_EQ(result.maps[1].map, "total");
    EXPECT_EQ(result.maps[1].entries[0].values[0][0], std::byte{1});
}

TEST_P(shared_maps, outlive_the_instance_that_made_them) {
    auto first = instance_of(counting(map_named("counts", MapType::array)));
    (void)run(*first);
    const auto second =
        instance_of(counting(map_named("counts")), {{"counts", first->shared_map("counts")}});
    first.reset();
    EXPECT_EQ(run(*second).return_value, 2u);
    EXPECT_EQ(run(*second).return_value, 3u);
}

TEST_P(shared_maps, take_updates_of_whoever_keeps_them) {
    auto first = instance_of(object_of({}, {map_named("limits", MapType::hash)}));
    const auto limits = first->shared_map("limits");
    first.reset();
    ASSERT_TRUE(limits->update(Bytes(4), {Bytes(8, std::byte{1})}, 0));
    const auto second =
        instance_of(counting(map_named("limits", MapType::hash)), {{"limits", limits}});
    EXPECT_EQ(run(*second).return_value, 0x0101010101010102u);
}

TEST_P(shared_maps, keep_the_contents_of_the_first_data_section) {
    MapSpec section = map_named("obj.data");
    section.max_entries = 1;
    section.section = ".data";
    section.contents = Bytes(8, std::byte{7});
    const auto first = instance_of(object_of({}, {section}));
    section.contents = Bytes(8, std::byte{9});
    const auto second =
        instance_of(object_of({}, {section}), {{section.name, first->shared_map(section.name)}});
    EXPECT_EQ((*second->map(section.name)->lookup(Bytes(4)))[0], Bytes(8, std::byte{7}));
}

TEST_P(shared_maps, may_be_inner_maps_of_the_instance_that_they_come_to) {
    MapSpec outer = map_named("outer", MapType::array_of_maps);
    outer.value_size = 4;
    outer.inner = std::make_shared<MapSpec>(map_named("inner"));
    outer.slots = {{.index = 1, .target = "counts"}};
    const auto first = instance_of(object_of({}, {map_named("mine"), map_named("yours")}));
    const auto second = instance_of(object_of({}, {outer, map_named("x"), map_named("counts")}),
                                    {{"counts", first->shared_map("mine")}});
    const auto entries = second->map("outer")->entries();
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 1u);
    EXPECT_EQ((*entries)[0].values[0], bytes_of({3, 0, 0, 0})) << "the third map of this object";
}

TEST_P(shared_maps, must_be_defined_alike) {
    const auto refused = [](auto change) {
        MapSpec other = map_named("theirs");
        change(other);
        return refusal(map_named("mine"), other);
    };
    EXPECT_EQ(refused([](MapSpec& spec) { spec.value_size = 16; }),
              "map mine: cannot be the other instance's map theirs: its value size is 8, there it "
              "is 16");
    EXPECT_THAT(refused([](MapSpec& spec) { spec.max_entries = 5; }),
                HasSubstr("its max_entries is 4, there it is 5"));
    EXPECT_THAT(refused([](MapSpec& spec) { spec.map_flags = 0x400; }),
                HasSubstr("its flags is 0, there it is 1024"));
    EXPECT_THAT(refused([](MapSpec& spec) { spec.type = MapType::hash; }),
                HasSubstr("its type is array, there it is hash"));
    EXPECT_EQ(refusal(map_named("mine"), map_named("theirs")), "");
}

TEST_P(shared_maps, are_not_those_that_hold_programs_or_maps) {
    MapSpec programs = map_named("programs", MapType::prog_array);
    programs.value_size = 4;
    EXPECT_THAT(refusal(programs, programs),
                HasSubstr("a map of type prog_array holds what belongs to one object"));
    MapSpec outer = map_named("outer", MapType::hash_of_maps);
    outer.value_size = 4;
    outer.inner = std::make_shared<MapSpec>(map_named("inner"));
    EXPECT_THAT(refusal(outer, outer), HasSubstr("holds what belongs to one object"));
}

TEST_P(shared_maps, need_as_many_cpus) {
    const auto first = instance_of(object_of({}, {map_named("counts", MapType::percpu_array)}));
    EngineOptions options = GetParam().options;
    options.cpu_count = 77;
    options.maps = {{"counts", first->shared_map("counts")}};
    const auto second = GetParam().make()->instantiate(
        object_of({}, {map_named("counts", MapType::percpu_array)}), options);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message,
                HasSubstr("map counts: is for 77 CPUs, the other instance's map counts for"));
}

TEST_P(shared_maps, must_exist_on_both_sides) {
    const auto first = instance_of(object_of({}, {map_named("counts")}));
    EXPECT_EQ(first->shared_map("none"), nullptr);
    const auto object = object_of({}, {map_named("total")});
    const auto unknown = sharing(object, {{"none", first->shared_map("counts")}});
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message, HasSubstr("no map 'none' in"));
    const auto missing = sharing(object, {{"total", nullptr}});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().message, "map total: the other instance has no such map");
}

TEST(shared_maps_of_engines, the_interpreter_writes_what_the_jit_reads) {
    std::shared_ptr<MapView> counts;
    std::uint64_t expected = 0;
    for (const EngineCase& engine : engine_cases()) {
        EngineOptions options = engine.options;
        if (counts) options.maps = {{"counts", counts}};
        const auto instance = engine.make()->instantiate(counting(map_named("counts")), options);
        ASSERT_TRUE(instance) << instance.error().message;
        EXPECT_EQ((*instance)->run("prog", {.world = World::fixed()})->return_value, ++expected);
        counts = (*instance)->shared_map("counts");
    }
}

/// Sends eight bytes to the object's only ring buffer.
constexpr std::string_view send = R"(
    *(u64 *)(r10 -8) = 1
    r1 = map[fd:0]
    r2 = r10
    r2 += -8
    r3 = 8
    r4 = 0
    call 130
    exit)";

/// Runs both in two threads at once; the records among the events of the runs.
std::size_t events_of(Instance& first, Instance& second, unsigned runs) {
    std::size_t events[2] = {};
    const auto work = [&](Instance& instance, std::size_t& seen) {
        for (unsigned i = 0; i < runs; ++i)
            seen += instance.run("prog", {.world = World::fixed()})->events.size();
    };
    std::thread other(work, std::ref(second), std::ref(events[1]));
    work(first, events[0]);
    other.join();
    return events[0] + events[1];
}

TEST_P(shared_maps, are_safe_in_threads) {
    constexpr unsigned runs = 300;
    MapSpec ring{.name = "ring", .type = MapType::ringbuf, .max_entries = 65536};
    const auto sender = object_of({assembled(send)}, {ring});
    const auto first = instance_of(sender);
    const auto second = instance_of(sender, {{"ring", first->shared_map("ring")}});
    EXPECT_EQ(events_of(*first, *second, runs), 2 * runs) << "each record is seen once";

    for (const MapType type : {MapType::array, MapType::hash, MapType::lru_hash}) {
        const auto one = instance_of(counting(map_named("counts", type)));
        (void)one->map("counts")->update(Bytes(4), {Bytes(8)}, 0);
        const auto two = instance_of(counting(map_named("counts", type)),
                                     {{"counts", one->shared_map("counts")}});
        EXPECT_EQ(events_of(*one, *two, runs), 0u);
        EXPECT_EQ(run(*one).return_value, 2 * runs + 1);
    }
}

}  // namespace
}  // namespace bpftwin::test
