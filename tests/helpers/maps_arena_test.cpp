// Arenas: pages that come and go.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "helpers/maps/arena.h"
#include "helpers/maps/attributes.h"
#include "helpers/maps/type_info.h"
#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

constexpr std::uint32_t pages = 16;

MapSpec arena_spec(std::uint32_t max_entries) {
    return map_spec(MapType::arena, 0, 0, max_entries, map_flag::mmapable);
}

TEST(maps_arena, lies_below_4_gib_and_begins_empty) {
    const auto arena = make<Arena>(arena_spec(pages));
    EXPECT_EQ(arena->begin() >> 32, 0u);
    EXPECT_EQ(arena->begin() % page_size(), 0u);
    EXPECT_TRUE(arena->allows(arena->begin(), 8, false));
    EXPECT_FALSE(arena->allows(arena->begin(), 8, true));
    EXPECT_EQ(*reinterpret_cast<const std::uint64_t*>(arena->begin()), 0u);
    EXPECT_FALSE(arena->allows(arena->begin() + pages * page_size() - 4, 8, false));
}

TEST(maps_arena, has_the_variables_of_its_definition_in_its_first_pages) {
    MapSpec spec = arena_spec(pages);
    spec.contents = Bytes(page_size() + 1, std::byte{7});
    const auto arena = make<Arena>(spec);
    EXPECT_TRUE(arena->allows(arena->begin() + page_size(), 8, true));
    EXPECT_FALSE(arena->allows(arena->begin() + 2 * page_size() - 4, 8, true));
    const auto* const bytes = reinterpret_cast<const std::byte*>(arena->begin());
    EXPECT_TRUE(std::equal(spec.contents.begin(), spec.contents.end(), bytes));
    EXPECT_EQ(arena->allocate_pages(0, 1), arena->begin() + 2 * page_size());
}

TEST(maps_arena, is_refused_where_its_address_or_size_cannot_be) {
    const auto error_of = [](std::uint32_t flags, std::uint32_t entries, std::uint64_t address) {
        MapSpec spec = map_spec(MapType::arena, 0, 0, entries, flags);
        spec.map_extra = address;
        const auto map = Map::create(spec, 1);
        return map ? 0 : map.error().code;
    };
    constexpr std::uint64_t place = std::uint64_t{1} << 44;
    const auto whole = static_cast<std::uint32_t>((std::uint64_t{1} << 32) / page_size());
    EXPECT_EQ(error_of(map_flag::mmapable, 1, place), 0);
    EXPECT_EQ(error_of(0, 1, place), EINVAL);
    EXPECT_EQ(error_of(map_flag::mmapable, 1, place + 1), EINVAL);
    EXPECT_EQ(error_of(map_flag::mmapable, whole + 1, place), E2BIG);
    EXPECT_EQ(error_of(map_flag::mmapable, 2, place - page_size()), ERANGE);
    EXPECT_EQ(error_of(map_flag::mmapable, whole, place), ENOMEM);  // Not below 4 GiB.
}

TEST(maps_arena, gaps_beside_each_other_become_one) {
    const auto arena = make<Arena>(arena_spec(4));
    const std::uint64_t all = arena->allocate_pages(0, 4);
    ASSERT_NE(all, 0u);
    EXPECT_EQ(arena->allocate_pages(0, 1), 0u);
    for (const std::uint32_t page : {0u, 2u, 1u}) arena->free_pages(all + page * page_size(), 1);
    EXPECT_EQ(arena->allocate_pages(0, 4), 0u);
    EXPECT_EQ(arena->allocate_pages(0, 3), all);
    arena->free_pages(all + 5, 100);
    EXPECT_EQ(arena->allocate_pages(0, 4), all);
}

/// Takes pages, and finds in them what it wrote until it gives them back.
void use(Arena& arena, unsigned seed) {
    std::mt19937 random(seed);
    for (int i = 0; i < 300; ++i) {
        const std::uint32_t count = 1 + random() % 3;
        const std::uint64_t begin = arena.allocate_pages(0, count);
        if (begin == 0) continue;
        auto* const bytes = reinterpret_cast<std::byte*>(begin);
        const std::size_t size = std::size_t{count} * page_size();
        ASSERT_TRUE(std::all_of(bytes, bytes + size, [](std::byte b) { return b == std::byte{}; }));
        std::memset(bytes, static_cast<int>(seed), size);
        std::this_thread::yield();
        ASSERT_TRUE(std::all_of(bytes, bytes + size,
                                [&](std::byte b) { return b == static_cast<std::byte>(seed); }));
        arena.free_pages(begin, count);
    }
}

TEST(maps_arena, threads_never_have_the_same_page) {
    const auto arena = make<Arena>(arena_spec(pages));
    std::thread other([&] { use(*arena, 1); });
    use(*arena, 2);
    other.join();
    EXPECT_NE(arena->allocate_pages(0, pages), 0u);
}

}  // namespace
}  // namespace bpftwin::test
