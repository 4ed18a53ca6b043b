// lpm_trie: against a list of all prefixes.
#include <map>
#include <random>

#include "helpers/maps/lpm_trie.h"
#include "helpers/maps/prefix.h"
#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

struct Prefix {
    std::uint32_t length;
    std::uint32_t address;  // As in memory.
};

std::unique_ptr<Map> trie(std::uint32_t entries, std::uint32_t key_size = 8) {
    return make_map(map_spec(MapType::lpm_trie, key_size, 8, entries, map_flag::no_prealloc));
}

std::uint32_t first_bits(std::uint32_t address, std::uint32_t length) {
    const std::uint32_t bits = __builtin_bswap32(address);
    return length == 0 ? 0 : bits >> (32 - length);
}

class PrefixList {
public:
    void put(Prefix key, std::uint64_t value) {
        values_[{key.length, first_bits(key.address, key.length)}] = value;
    }
    bool drop(Prefix key) {
        return values_.erase({key.length, first_bits(key.address, key.length)}) != 0;
    }
    [[nodiscard]] std::uint64_t find(std::uint32_t address) const {
        for (int length = 32; length >= 0; --length) {
            const auto bits = static_cast<std::uint32_t>(length);
            const auto at = values_.find({bits, first_bits(address, bits)});
            if (at != values_.end()) return at->second;
        }
        return 0;
    }
    [[nodiscard]] std::size_t size() const { return values_.size(); }

private:
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> values_;
};

TEST(maps_lpm_trie, finds_what_a_list_of_all_prefixes_finds) {
    const auto map = trie(20000);
    PrefixList model;
    std::mt19937 random(1);
    for (std::uint64_t step = 1; step < 20000; ++step) {
        const Prefix key{static_cast<std::uint32_t>(random() % 33),
                         static_cast<std::uint32_t>(random() & 0xf0ff0f03)};
        if (random() % 3 != 0) {
            ASSERT_EQ(put(*map, key, step), 0);
            model.put(key, step);
        } else {
            ASSERT_EQ(drop(*map, key), model.drop(key) ? 0 : -ENOENT);
        }
        const Prefix asked{32, static_cast<std::uint32_t>(random() & 0xf0ff0f03)};
        const auto* found = at<std::uint64_t>(*map, asked);
        ASSERT_EQ(found ? *found : 0, model.find(asked.address));
    }
    EXPECT_EQ(map->entries()->size(), model.size());
}

TEST(maps_lpm_trie, a_full_one_takes_no_new_prefix_but_new_values) {
    const auto map = trie(2);
    EXPECT_EQ(put(*map, Prefix{8, 10}, 1UL), 0);
    EXPECT_EQ(put(*map, Prefix{9, 10}, 1UL), 0);
    EXPECT_EQ(put(*map, Prefix{10, 10}, 1UL), -ENOSPC);
    EXPECT_EQ(put(*map, Prefix{9, 10}, 2UL), 0);
    EXPECT_EQ(drop(*map, Prefix{9, 10}), 0);
    EXPECT_EQ(put(*map, Prefix{10, 10}, 1UL), 0);
}

TEST(maps_lpm_trie, a_value_outlives_its_entry_for_as_many_changes_as_promised) {
    const auto map = trie(1);
    ASSERT_EQ(put(*map, Prefix{8, 10}, 77UL), 0);
    const auto* held = at<std::uint64_t>(*map, Prefix{32, 10});
    for (std::uint64_t i = 0; i < LpmTrie::quarantine; ++i) {
        ASSERT_EQ(put(*map, Prefix{8, 10}, i), 0);
        ASSERT_EQ(*held, 77U) << i;
    }
    for (std::uint64_t i = 0; i < 10000; ++i) ASSERT_EQ(put(*map, Prefix{8, 10}, i), 0);
}

TEST(prefix, common_bits_of_keys_of_any_size) {
    for (std::uint32_t size = 1; size <= 24; ++size) {
        alignas(8) std::byte left[24] = {};
        for (std::uint32_t bit = 0; bit < size * 8; ++bit) {
            alignas(8) std::byte right[24] = {};
            right[bit / 8] = std::byte(0x80 >> bit % 8);
            const PrefixKey key{size * 8, right, size};
            EXPECT_EQ(key.common_bits(left, size * 8), bit);
            EXPECT_EQ(key.common_bits(left, bit / 2), bit / 2);
        }
    }
}

}  // namespace
}  // namespace bpftwin::test
