#include "cli/world.h"

#include <array>
#include <bit>
#include <fstream>

#include "fmt/format.h"
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

TEST(world, json_describes_the_memory_of_the_task) {
    const auto world = from_json(R"({"vmas": [
        {"start": "0x7000", "end": "0x9000", "flags": 3},
        {"start": "0x1000", "end": 8192, "flags": "r-xs", "offset": 4096, "file": "/a/b", "inode": 7}]})");
    ASSERT_TRUE(world) << world.error().message;
    const std::vector<MemoryArea>& areas = world->task.areas;
    ASSERT_EQ(areas.size(), 2U);
    EXPECT_EQ(areas[0].start, 0x1000U);
    EXPECT_EQ(areas[0].end, 0x2000U);
    EXPECT_EQ(areas[0].flags, 0xfdU);
    EXPECT_EQ(areas[0].offset, 4096U);
    EXPECT_EQ(areas[0].file, "/a/b");
    EXPECT_EQ(areas[0].inode, 7U);
    EXPECT_EQ(areas[1].flags, 3U);
}

TEST(world, an_area_that_cannot_be_is_an_error_that_names_its_field) {
    const auto message = [](std::string_view areas) {
        const auto world = from_json(fmt::format(R"({{"vmas": {}}})", areas));
        if (world) return std::string("none");
        const std::string& text = world.error().message;
        return text.substr(std::min(text.size(), text.find("vmas")));
    };
    EXPECT_EQ(message("3"), "vmas: not a list");
    EXPECT_EQ(message("[3]"), "vmas: [0]: not a JSON object");
    EXPECT_EQ(message(R"([{"start": 1}])"), "vmas: [0]: start: 0x1 is no multiple of 4096");
    EXPECT_EQ(message(R"([{"start": "x"}])"), "vmas: [0]: start: 'x' is not an integer");
    EXPECT_EQ(message(R"([{"start": 4096, "end": 4096}])"),
              "vmas: [0]: end: 0x1000 is not behind the start");
    EXPECT_EQ(message(R"([{"flags": "rwxp?"}])"), "vmas: [0]: flags: 'rwxp?' is not an integer");
    EXPECT_EQ(message(R"([{"file": "cat"}])"),
              R"(vmas: [0]: file: "cat" is no path from the root)");
    EXPECT_EQ(message(R"([{"inode": -1}])"), "vmas: [0]: inode: -1 is negative");
    EXPECT_EQ(message(R"([{"shoe": 1}])"),
              "vmas: [0]: shoe: no such field; there are start, end, flags, offset, inode, file");
    EXPECT_EQ(message(R"([{"end": 8192}, {"start": 4096, "end": 12288}])"),
              "vmas: [1]: start: 0x1000 to 0x3000 is there already");
}

TEST(world, json_names_symbols_of_the_kernel) {
    const auto world = from_json(R"({"symbols": {"schedule": "0xffffffff81000000"}})");
    ASSERT_TRUE(world) << world.error().message;
    ASSERT_EQ(world->symbols.size(), 1U);
    EXPECT_EQ(world->symbols[0].first, "schedule");
    EXPECT_EQ(world->symbols[0].second, 0xffff'ffff'8100'0000U);
    EXPECT_FALSE(from_json(R"({"symbols": {"schedule": "x"}})"));
    EXPECT_FALSE(from_json(R"({"symbols": [1]})"));
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
