#include "vm/world.h"

#include <unistd.h>

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bpftwin {
namespace {

using testing::ElementsAre;

std::vector<std::uint32_t> draw(LiveWorld world, int count) {
    std::vector<std::uint32_t> numbers;
    for (int i = 0; i < count; ++i) numbers.push_back(world.random_u32());
    return numbers;
}

TEST(world, real_one_is_this_process) {
    const World world = World::real();
    EXPECT_EQ(world.task.tgid, static_cast<std::uint32_t>(getpid()));
    EXPECT_EQ(world.task.pid, static_cast<std::uint32_t>(gettid()));
    EXPECT_EQ(world.task.uid, getuid());
    EXPECT_EQ(world.task.gid, getgid());
    EXPECT_FALSE(world.task.comm.empty());
    EXPECT_LE(world.task.comm.size(), 15u);
}

TEST(world, fixed_one_is_always_the_same) {
    const World world = World::fixed();
    EXPECT_EQ(world.ktime_ns, 1'000'000'000u);
    EXPECT_EQ(world.cpu, 0u);
    EXPECT_EQ(world.task.pid, 1000u);
    EXPECT_EQ(world.task.comm, "bpftwin");
    EXPECT_EQ(draw(LiveWorld(world), 8), draw(LiveWorld(World::fixed()), 8));
}

TEST(world, fixed_clock_advances_by_its_step_whichever_clock_is_read) {
    LiveWorld world(World::fixed());
    const std::vector read = {world.ktime_ns(), world.ktime_boot_ns(), world.ktime_tai_ns(),
                              world.ktime_ns()};
    EXPECT_THAT(read, ElementsAre(1'000'000'000, 1'000'001'000, 1'000'002'000, 1'000'003'000));
}

TEST(world, real_clocks_never_go_back) {
    LiveWorld world(World::real());
    const std::uint64_t before = world.ktime_ns();
    EXPECT_LE(before, world.ktime_ns());
    EXPECT_LE(before, world.ktime_boot_ns());
    EXPECT_GT(world.ktime_tai_ns(), before);
}

TEST(world, seed_decides_the_random_numbers) {
    World one = World::fixed();
    World two = World::fixed();
    two.random_seed = 2;
    EXPECT_NE(draw(LiveWorld(one), 4), draw(LiveWorld(two), 4));
}

TEST(world, without_a_seed_runs_differ) {
    EXPECT_NE(draw(LiveWorld(World::real()), 4), draw(LiveWorld(World::real()), 4));
}

TEST(world, every_random_bit_is_sometimes_set_and_sometimes_clear) {
    std::uint32_t any = 0;
    std::uint32_t all = ~0u;
    for (const std::uint32_t number : draw(LiveWorld(World::fixed()), 200)) {
        any |= number;
        all &= number;
    }
    EXPECT_EQ(any, ~0u);
    EXPECT_EQ(all, 0u);
}

}  // namespace
}  // namespace bpftwin
