// Random operations against std::map: the map and the model must agree after each.
#include <map>
#include <random>

#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

using Model = std::map<Bytes, Bytes>;

Model contents(Map& map) {
    Model model;
    const auto entries = map.entries();
    for (const MapEntry& entry : *entries) model.emplace(entry.key, entry.values.front());
    return model;
}

/// What a hash of at most `limit` keys does.
long model_update(Model& model, const Bytes& key, const Bytes& value, std::uint64_t flags,
                  std::size_t limit) {
    const bool present = model.contains(key);
    if (flags > 2) return -EINVAL;
    if (present && flags == update_flag::noexist) return -EEXIST;
    if (!present && flags == update_flag::exist) return -ENOENT;
    if (!present && model.size() == limit) return -E2BIG;
    model[key] = value;
    return 0;
}

class RandomKeys {
public:
    RandomKeys(std::uint32_t size, unsigned seed) : size_(size), random_(seed) {}

    Bytes key() {
        Bytes key(size_);
        for (std::byte& byte : key) byte = static_cast<std::byte>(random_() % 3);
        return key;
    }
    Bytes value(std::uint32_t size) {
        Bytes value(size);
        for (std::byte& byte : value) byte = static_cast<std::byte>(random_());
        return value;
    }
    std::uint32_t below(std::uint32_t limit) {
        return static_cast<std::uint32_t>(random_() % limit);
    }

private:
    std::uint32_t size_;
    std::mt19937 random_;
};

void compare_with_model(const MapSpec& spec, unsigned seed) {
    const auto map = make_map(spec, 2);
    Model model;
    RandomKeys random(spec.key_size, seed);
    for (int i = 0; i < 3000; ++i) {
        const Bytes key = random.key();
        if (random.below(4) == 0) {
            ASSERT_EQ(map->delete_elem(key.data()), model.erase(key) ? 0 : -ENOENT);
        } else {
            const Bytes value = random.value(spec.value_size);
            const std::uint64_t flags = random.below(4);
            ASSERT_EQ(map->update_elem(key.data(), value.data(), flags, random.below(2)),
                      model_update(model, key, value, flags, spec.max_entries));
        }
        const Bytes probe = random.key();
        const void* found = map->lookup_elem(probe.data(), 0);
        ASSERT_EQ(found != nullptr, model.contains(probe));
        if (found) {
            ASSERT_EQ(std::memcmp(found, model[probe].data(), spec.value_size), 0);
        }
        if (i % 100 == 0) {
            ASSERT_EQ(contents(*map), model);
        }
    }
}

TEST(maps_model, hash_is_a_bounded_map) {
    for (const std::uint32_t key_size : {1U, 3U, 4U, 7U, 8U, 12U, 16U, 20U})
        for (const std::uint32_t entries : {1U, 5U, 30U, 200U})
            compare_with_model(map_spec(MapType::hash, key_size, 1 + key_size * 2, entries),
                               key_size + entries);
}

TEST(maps_model, iteration_with_deletions_visits_what_stays) {
    RandomKeys random(4, 3);
    for (int round = 0; round < 200; ++round) {
        const auto map = make_map(map_spec(MapType::hash, 4, 4, 100));
        for (int i = 0; i < 60; ++i) put(*map, random.below(200), 0U);
        Model left = contents(*map);
        // Delete every second key as it is met: the kernel's for_each allows that.
        bool drop_it = false;
        map->for_each(0, [&](const void* key, void*) {
            drop_it = !drop_it;
            Bytes bytes(4);
            std::memcpy(bytes.data(), key, 4);
            if (drop_it) {
                left.erase(bytes);
                EXPECT_EQ(map->delete_elem(key), 0);
            }
            return false;
        });
        ASSERT_EQ(contents(*map), left);
    }
}

TEST(maps_model, lru_never_holds_a_wrong_or_deleted_value) {
    for (const std::uint32_t flags : {0U, map_flag::no_common_lru}) {
        const MapSpec spec = map_spec(MapType::lru_hash, 4, 4, 20, flags);
        const auto map = make_map(spec, 2);
        std::map<std::uint32_t, std::uint32_t> newest;
        RandomKeys random(4, 9);
        for (std::uint32_t i = 0; i < 20000; ++i) {
            const std::uint32_t key = random.below(60);
            if (random.below(5) == 0) {
                const bool present = at<std::uint32_t>(*map, key) != nullptr;
                ASSERT_EQ(drop(*map, key), present ? 0 : -ENOENT);
                newest.erase(key);
            } else {
                ASSERT_EQ(put(*map, key, i, 0, random.below(2)), 0);
                newest[key] = i;
                ASSERT_EQ(*at<std::uint32_t>(*map, key), i);
            }
            const std::uint32_t probe = random.below(60);
            if (const auto* value = at<std::uint32_t>(*map, probe)) {
                ASSERT_EQ(*value, newest.at(probe));
            }
        }
        EXPECT_LE(map->entries()->size(), map->spec().max_entries);
    }
}

TEST(maps_model, array_is_a_vector) {
    const auto map = make_map(map_spec(MapType::array, 4, 20, 16));
    std::vector<Bytes> model(16, Bytes(20));
    RandomKeys random(4, 5);
    for (int i = 0; i < 3000; ++i) {
        const std::uint32_t index = random.below(20);
        const Bytes value = random.value(20);
        const long expected = index < 16 ? 0 : -E2BIG;
        ASSERT_EQ(map->update_elem(&index, value.data(), 0, 0), expected);
        if (index < 16) model[index] = value;
        const std::uint32_t probe = random.below(16);
        ASSERT_EQ(map->lookup(bytes_of(probe))->front(), model[probe]);
    }
}

}  // namespace
}  // namespace bpftwin::test
