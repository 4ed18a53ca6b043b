#include <array>
#include <cstring>
#include <set>
#include <string_view>

#include "gtest/gtest.h"
#include "tests/helpers/calling.h"

namespace bpftwin {
namespace {

World world_with(Task task) {
    World world = World::fixed();
    world.task = std::move(task);
    return world;
}

TEST(ktime, every_clock_is_the_worlds_and_advances_with_it) {
    Caller caller;
    EXPECT_EQ(caller("ktime_get_ns"), 1'000'000'000);
    EXPECT_EQ(caller("ktime_get_boot_ns"), 1'000'001'000);
    EXPECT_EQ(caller("ktime_get_tai_ns"), 1'000'002'000);
    EXPECT_EQ(caller("ktime_get_coarse_ns"), 1'000'003'000);
}

TEST(jiffies64, starts_five_minutes_before_the_32_bit_wrap_and_counts_250_per_second) {
    World world = World::fixed();
    world.ktime_ns = 2'000'000'000;
    Caller caller(ProgType::syscall, {}, world);
    EXPECT_EQ(caller("jiffies64"), 0x1'0000'0000 - 300 * 250 + 500);
}

TEST(get_smp_processor_id, is_the_worlds_cpu) {
    World world = World::fixed();
    world.cpu = 3;
    Caller caller(ProgType::syscall, {}, world);
    EXPECT_EQ(caller("get_smp_processor_id"), 3);
    EXPECT_EQ(caller("get_numa_node_id"), 0);
}

TEST(current_task, has_the_group_in_the_upper_half) {
    Caller caller(ProgType::kprobe, {},
                  world_with({.pid = 7, .tgid = 5, .uid = 1000, .gid = 100, .comm = "x"}));
    EXPECT_EQ(caller("get_current_pid_tgid"), (5LL << 32) | 7);
    EXPECT_EQ(caller("get_current_uid_gid"), (100LL << 32) | 1000);
}

TEST(get_current_comm, pads_with_zeros_and_cuts_with_a_zero) {
    Caller caller(ProgType::kprobe, {}, world_with({.comm = "bash"}));
    std::array<char, 20> comm;
    comm.fill('#');
    EXPECT_EQ(caller("get_current_comm", comm.data(), 16), 0);
    EXPECT_EQ(std::string_view(comm.data(), 16),
              std::string_view("bash\0\0\0\0\0\0\0\0\0\0\0\0", 16));
    EXPECT_EQ(comm[16], '#');
    EXPECT_EQ(caller("get_current_comm", comm.data(), 3), 0);
    EXPECT_STREQ(comm.data(), "ba");
    EXPECT_EQ(caller("get_current_comm", comm.data(), 1), 0);
    EXPECT_STREQ(comm.data(), "");
}

TEST(get_current_comm, knows_fifteen_characters) {
    Caller caller(ProgType::kprobe, {}, world_with({.comm = "a_name_that_is_too_long"}));
    std::array<char, 32> comm{};
    EXPECT_EQ(caller("get_current_comm", comm.data(), 32), 0);
    EXPECT_STREQ(comm.data(), "a_name_that_is_");
}

TEST(get_prandom_u32, repeats_itself_exactly_for_the_same_seed) {
    Caller one;
    Caller two;
    std::set<std::int64_t> seen;
    for (int i = 0; i < 100; ++i) {
        const std::int64_t number = one("get_prandom_u32");
        EXPECT_EQ(number, two("get_prandom_u32"));
        EXPECT_EQ(number >> 32, 0);
        seen.insert(number);
    }
    EXPECT_GT(seen.size(), 95U);
}

}  // namespace
}  // namespace bpftwin
