// array_of_maps and hash_of_maps: kernel/bpf/map_in_map.c.
#include "helpers/maps/map_of_maps.h"

#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

MapSpec inner_spec(std::uint32_t entries = 4, std::uint32_t flags = 0) {
    return map_spec(MapType::array, 4, 4, entries, flags);
}

MapSpec outer_spec(MapType type, const MapSpec& inner = inner_spec()) {
    MapSpec spec = map_spec(type, 4, 4, 2);
    spec.inner = std::make_shared<MapSpec>(inner);
    return spec;
}

class maps_of_maps : public testing::TestWithParam<MapType> {
protected:
    maps_of_maps() : outer_(make_map(outer_spec(GetParam()))), inner_(make_map(inner_spec())) {}
    MapOfMaps& outer() { return dynamic_cast<MapOfMaps&>(*outer_); }
    long put_inner(std::uint32_t key, Map& inner) { return outer().put(&key, inner, 0); }

    std::unique_ptr<Map> outer_;
    std::unique_ptr<Map> inner_;
};

TEST_P(maps_of_maps, lookup_gives_the_inner_map) {
    EXPECT_EQ(at<Map>(*outer_, 1U), nullptr);
    EXPECT_EQ(put_inner(1, *inner_), 0);
    EXPECT_EQ(at<Map>(*outer_, 1U), inner_.get());
    EXPECT_EQ(drop(*outer_, 1U), 0);
    EXPECT_EQ(at<Map>(*outer_, 1U), nullptr);
    EXPECT_EQ(drop(*outer_, 1U), -ENOENT);
}

TEST_P(maps_of_maps, user_space_names_inner_maps_by_id) {
    EXPECT_EQ(user_put(*outer_, 0U, 2U), -EBADF);
    outer().know_maps({outer_.get(), inner_.get()});
    EXPECT_EQ(user_put(*outer_, 0U, 2U), 0);
    EXPECT_EQ(user_put(*outer_, 0U, 3U), -EBADF);
    EXPECT_EQ(user_put(*outer_, 0U, 0U), -EBADF);
    EXPECT_EQ(at<Map>(*outer_, 0U), inner_.get());
    EXPECT_EQ(*outer_->entries(), (std::vector<MapEntry>{{bytes_of(0U), {bytes_of(2U)}}}));
}

TEST_P(maps_of_maps, programs_cannot_update) {
    EXPECT_EQ(put(*outer_, 0U, 7U), -EOPNOTSUPP);
    EXPECT_TRUE(outer_->regions().empty());
}

INSTANTIATE_TEST_SUITE_P(both, maps_of_maps,
                         testing::Values(MapType::array_of_maps, MapType::hash_of_maps),
                         [](const auto& type) { return std::string(name_of(type.param)); });

long put_into(const MapSpec& meta, const MapSpec& inner, const ValueFields& fields = {}) {
    const auto outer = make_map(outer_spec(MapType::array_of_maps, meta));
    const auto map = make_map(inner, 2, fields);
    const std::uint32_t key = 0;
    return dynamic_cast<MapOfMaps&>(*outer).put(&key, *map, 0);
}

TEST(maps_of_maps_rules, inner_map_must_be_like_its_definition) {
    EXPECT_EQ(put_into(inner_spec(), inner_spec()), 0);
    EXPECT_EQ(put_into(inner_spec(), map_spec(MapType::hash, 4, 4, 4)), -EINVAL);
    EXPECT_EQ(put_into(inner_spec(), map_spec(MapType::array, 4, 8, 4)), -EINVAL);
    EXPECT_EQ(put_into(inner_spec(), inner_spec(4, map_flag::mmapable)), -EINVAL);
    EXPECT_EQ(put_into(inner_spec(), inner_spec(4, map_flag::rdonly)), 0);
    EXPECT_EQ(put_into(inner_spec(), inner_spec(), {.spin_lock = 0}), -EINVAL);
}

TEST(maps_of_maps_rules, only_arrays_must_have_the_same_length) {
    EXPECT_EQ(put_into(inner_spec(4), inner_spec(5)), -EINVAL);
    EXPECT_EQ(put_into(inner_spec(4, map_flag::inner_map), inner_spec(5, map_flag::inner_map)), 0);
    const auto hash = [](std::uint32_t n) { return map_spec(MapType::hash, 4, 4, n); };
    EXPECT_EQ(put_into(hash(4), hash(5)), 0);
    const auto per_cpu = [](std::uint32_t n) { return map_spec(MapType::percpu_array, 4, 4, n); };
    EXPECT_EQ(put_into(per_cpu(4), per_cpu(5)), 0);
}

TEST(maps_of_maps_rules, array_takes_no_flags_and_hash_checks_presence) {
    const auto inner = make_map(inner_spec());
    const std::uint32_t key = 1;
    const auto array = make_map(outer_spec(MapType::array_of_maps));
    EXPECT_EQ(dynamic_cast<MapOfMaps&>(*array).put(&key, *inner, update_flag::exist), -EINVAL);
    const auto hash = make_map(outer_spec(MapType::hash_of_maps));
    auto& maps = dynamic_cast<MapOfMaps&>(*hash);
    EXPECT_EQ(maps.put(&key, *inner, update_flag::exist), -ENOENT);
    EXPECT_EQ(maps.put(&key, *inner, update_flag::noexist), 0);
    EXPECT_EQ(maps.put(&key, *inner, update_flag::noexist), -EEXIST);
    const std::uint32_t far = 2;
    EXPECT_EQ(dynamic_cast<MapOfMaps&>(*array).put(&far, *inner, 0), -E2BIG);
}

}  // namespace
}  // namespace bpftwin::test
