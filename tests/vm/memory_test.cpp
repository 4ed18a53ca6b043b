// The region table.
#include "vm/memory.h"

#include "gtest/gtest.h"

namespace bpftwin {
namespace {

TEST(memory, allows_what_lies_inside_one_region) {
    Memory memory;
    memory.add({.begin = 100, .size = 10, .name = "a"});
    EXPECT_TRUE(memory.allows(100, 10, true));
    EXPECT_TRUE(memory.allows(109, 1, true));
    EXPECT_FALSE(memory.allows(99, 1, false));
    EXPECT_FALSE(memory.allows(109, 2, false));
    EXPECT_FALSE(memory.allows(110, 1, false));
}

TEST(memory, neighbours_do_not_merge) {
    Memory memory;
    memory.add({.begin = 110, .size = 10, .name = "b"});
    memory.add({.begin = 100, .size = 10, .name = "a"});
    EXPECT_TRUE(memory.allows(110, 4, false));
    EXPECT_FALSE(memory.allows(108, 4, false));
}

TEST(memory, read_only_regions_refuse_writes) {
    Memory memory;
    memory.add({.begin = 100, .size = 10, .writable = false, .name = "a"});
    EXPECT_TRUE(memory.allows(100, 10, false));
    EXPECT_FALSE(memory.allows(100, 1, true));
}

TEST(memory, elements_are_apart) {
    Memory memory;
    memory.add({.begin = 100, .size = 32, .stride = 16, .element = 12, .name = "values"});
    EXPECT_TRUE(memory.allows(116, 12, true));
    EXPECT_FALSE(memory.allows(112, 1, true));
    EXPECT_FALSE(memory.allows(108, 8, true));
}

TEST(memory, sizes_near_the_end_of_the_address_space_do_not_wrap) {
    Memory memory;
    memory.add({.begin = 100, .size = 10, .name = "a"});
    EXPECT_FALSE(memory.allows(105, ~std::uint64_t{0}, false));
    EXPECT_FALSE(memory.allows(~std::uint64_t{0}, 8, false));
}

TEST(memory, removed_regions_are_gone) {
    Memory memory;
    memory.add({.begin = 100, .size = 10, .name = "a"});
    memory.remove(100);
    EXPECT_FALSE(memory.allows(100, 1, false));
}

TEST(memory, falls_back_to_the_shared_table) {
    Memory shared;
    shared.add({.begin = 200, .size = 10, .name = "shared"});
    Memory memory(&shared);
    memory.add({.begin = 100, .size = 10, .name = "own"});
    EXPECT_TRUE(memory.allows(200, 10, true));
    EXPECT_EQ(memory.nearest(215)->name, "shared");
}

TEST(memory, nearest_is_the_closest_within_reach) {
    Memory memory;
    memory.add({.begin = 1000, .size = 10, .name = "a"});
    memory.add({.begin = 2000, .size = 10, .name = "b"});
    EXPECT_EQ(memory.nearest(1600)->name, "b");
    EXPECT_EQ(memory.nearest(990)->name, "a");
    EXPECT_EQ(memory.nearest(1005)->name, "a");
    EXPECT_EQ(memory.nearest(1'000'000), nullptr);
}

}  // namespace
}  // namespace bpftwin
