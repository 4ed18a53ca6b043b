#include "cli/world.h"

#include <array>
#include <bit>
#include <fstream>

#include "gtest/gtest.h"
#include "tests/support/compile.h"

namespace bpftwin::cli {
namespace {

Result<World> parse(std::vector<std::string> arguments) { return parse_world(arguments); }

Result<World> from_json(std::string_view json) {
    const test::TemporaryFolder temporary;
    const std::string path = temporary.path() + "/world.json";
    std::ofstream(path) << json;
    return parse({path});
}

TEST(world, is_the_real_one_unless_said) {
    EXPECT_FALSE(parse({})->ktime_ns);
    EXPECT_EQ(parse({})->task.pid, World::real().task.pid);
}

TEST(world, arguments_apply_in_order) {
    auto world = parse({"fixed", "pid=7", "comm=bash", "ktime_ns=0x10"});
    ASSERT_TRUE(world);
    EXPECT_EQ(world->task.pid, 7u);
    EXPECT_EQ(world->task.comm, "bash");
    EXPECT_EQ(world->ktime_ns, 16u);
    EXPECT_EQ(world->random_seed, World::fixed().random_seed);
    EXPECT_EQ(parse({"pid=7", "fixed"})->task.pid, World::fixed().task.pid);
}

TEST(world, json_sets_fields_flat_or_by_task_on_its_base) {
    auto world = from_json(R"({"pid": 7, "base": "fixed", "task": {"comm": "sh", "uid": "0x10"}})");
    ASSERT_TRUE(world);
    EXPECT_EQ(world->task.pid, 7u);
    EXPECT_EQ(world->task.comm, "sh");
    EXPECT_EQ(world->task.uid, 16u);
    EXPECT_EQ(world->ktime_ns, World::fixed().ktime_ns);
}

TEST(world, has_other_cgroups) {
    auto world = parse({"fixed", "cgroups=1,20,300", "other_cgroups=1,40;1,20,0x1e"});
    ASSERT_TRUE(world) << world.error().message;
    const std::vector<std::vector<std::uint64_t>> expected{{1, 40}, {1, 20, 30}};
    EXPECT_EQ(world->other_cgroups, expected);
    world = from_json(
        R"({"base": "fixed", "cgroups": [1, 20], "other_cgroups": [[1, 40], [1, 20, "0x1e"]]})");
    ASSERT_TRUE(world) << world.error().message;
    EXPECT_EQ(world->other_cgroups, expected);
}

TEST(world, cgroups_are_one_tree) {
    EXPECT_EQ(parse({"fixed", "other_cgroups=2,3"}).error().message,
              "--world: other_cgroups: the root is 1, not 2");
    EXPECT_EQ(parse({"fixed", "cgroups=1,20", "other_cgroups=1,30,20"}).error().message,
              "--world: other_cgroups: cgroup 20 is not only below 30");
    EXPECT_EQ(parse({"fixed", "other_cgroups=1,1"}).error().message,
              "--world: other_cgroups: cgroup 1 is not only below 1");
    EXPECT_EQ(parse({"fixed", "other_cgroups=;1,2"}).error().message,
              "--world: other_cgroups: a way without cgroups");
    EXPECT_EQ(parse({"other_cgroups=1,x"}).error().message,
              "--world: other_cgroups: 'x' is not an integer");
}

TEST(world, errors_say_what_and_where) {
    EXPECT_EQ(parse({"pid=x"}).error().message, "--world: pid: 'x' is not an integer");
    EXPECT_EQ(parse({"pid=-1"}).error().message,
              "--world: pid: -1 is not between 0 and 4294967295");
    EXPECT_EQ(parse({"pid=4294967296"}).error().message,
              "--world: pid: 4294967296 is not between 0 and 4294967295");
    EXPECT_EQ(parse({"shoe=1"}).error().message,
              "--world: no field 'shoe'; there are " + world_fields());
    EXPECT_EQ(parse({"nofile"}).error().message,
              "--world: cannot read nofile: No such file or directory; give real, fixed, "
              "FIELD=VALUE or a JSON file");
}

TEST(world, json_that_is_none_is_an_error) {
    for (const char* json : {"", "{", "[]", R"({"pid": 1.5})", R"({"task": 3})", R"({"pid": {}})",
                             R"({"base": "moon"})", R"({"base": 3})", R"({"pid": 99999999999})"}) {
        EXPECT_FALSE(from_json(json)) << json;
    }
}

TEST(world, another_one_has_another_task_in_every_byte_of_its_ids) {
    World world = World::fixed();
    for (const std::uint32_t id : {0u, 1200u, 0xffffffffu}) {
        world.task.pid = id;
        const auto before = std::bit_cast<std::array<std::uint8_t, 4>>(id);
        const auto after =
            std::bit_cast<std::array<std::uint8_t, 4>>(other_world(world, true).task.pid);
        for (std::size_t i = 0; i < before.size(); ++i) EXPECT_NE(before[i], after[i]) << id;
        EXPECT_EQ(other_world(world, false).task.pid, id);
    }
}

}  // namespace
}  // namespace bpftwin::cli
