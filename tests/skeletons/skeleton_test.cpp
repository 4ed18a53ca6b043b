// Skeletons as their users have them: headers made at build time, all in this one file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "asking.skel.h"
#include "bpftwin/bpftwin.h"
#include "exec_counter.skel.h"
#include "hard.skel.h"
#include "hello_ring_buffer.skel.h"
#include "tail_calls.skel.h"

namespace bpftwin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class skeleton : public testing::Test {
protected:
    void load() {
        const auto loaded = skel.load(*make_interpreter(), {.cpu_count = 2});
        ASSERT_TRUE(loaded) << loaded.error().message;
    }

    hard skel = hard::open().value();
};

TEST_F(skeleton, first_values_are_those_of_the_source) {
    const hard_types::hard value = skel.data().hard;
    EXPECT_EQ(value.class_, 7);
    EXPECT_EQ(value.named[1].deep[1][2], 9);
    EXPECT_EQ(value.bits.middle, 0xabcu);
    EXPECT_EQ(value.bits.top, -3);
    EXPECT_EQ(skel.data().matrix.read()->at(1).at(2), 6);
    EXPECT_EQ(skel.data().kind, hard_types::public_);
    EXPECT_TRUE(skel.data().ready);
    EXPECT_TRUE(skel.data().big.read().value() == 5);
    EXPECT_EQ(skel.rodata().open, 2);
}

TEST_F(skeleton, a_bool_is_true_whatever_bits_it_has) {
    for (MapSpec& map : skel.spec().maps)
        if (map.section == ".data")
            for (const GlobalVariable& global : globals_of(skel.spec(), map))
                if (global.name == "ready") map.contents[global.offset] = std::byte{0x80};
    EXPECT_TRUE(skel.data().ready);
}

TEST_F(skeleton, globals_are_live_once_it_is_loaded) {
    skel.rodata().state = 10;
    load();
    ASSERT_TRUE(skel.programs().delete_.run());
    EXPECT_EQ(skel.data().hard.read()->class_, 7 + 3 + 10 + 2 + 3 + 4);
    skel.data().kind = hard_types::private_;
    EXPECT_EQ(static_cast<std::int32_t>(skel.programs().delete_.run()->return_value),
              6 - 1 + 1 + 5 + 2);
}

TEST_F(skeleton, loads_on_engines_that_do_not_check) {
    ASSERT_TRUE(skel.load(*make_jit(), {.safety = Safety::unsafe}));
    ASSERT_TRUE(skel.programs().delete_.run());
    EXPECT_EQ(skel.data().hard.read()->class_, 7 + 3 + 1 + 2 + 3 + 4);
}

TEST_F(skeleton, loads_into_a_kernel) {
    const auto kernel = make_kernel();
    if (!kernel) GTEST_SKIP() << kernel.error().message;
    const auto loaded = skel.load(**kernel, {.safety = Safety::unsafe});
    ASSERT_TRUE(loaded) << loaded.error().message;
    skel.data().kind = hard_types::private_;
    const auto run = skel.programs().delete_.run();
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_EQ(static_cast<std::int32_t>(run->return_value), 6 - 1 + 1 + 5 + 2);
    EXPECT_EQ(skel.data().hard.read()->class_, 7 + 3 + 1 + 2 + 3 + 4);
}

TEST_F(skeleton, what_it_returns_outlives_a_move) {
    const auto kind = skel.data().kind;
    hard moved = std::move(skel);
    kind = hard_types::private_;
    EXPECT_EQ(moved.data().kind, hard_types::private_);
}

TEST_F(skeleton, constants_are_not_written_after_load) {
    load();
    const auto written = skel.rodata().state.write(5);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, EPERM);
}

TEST_F(skeleton, maps_have_typed_keys_and_values) {
    load();
    const auto map = skel.maps().template_;
    ASSERT_TRUE(map.update({.event = 4}, {.next = 0x1234, .tag = 7}));
    EXPECT_EQ(map.lookup({.event = 4})->next, 0x1234u);
    EXPECT_EQ(map.lookup({.event = 5}).error().code, ENOENT);
    const auto entries = map.entries().value();
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].key.event, 4);
    EXPECT_EQ(entries[0].value.tag, 7);
    ASSERT_TRUE(map.erase({.event = 4}));
    EXPECT_TRUE(map.entries()->empty());
}

TEST_F(skeleton, per_cpu_maps_have_a_value_for_each_cpu) {
    load();
    ASSERT_TRUE(skel.maps().per_cpu.update(0, {3, 4}));
    EXPECT_THAT(skel.maps().per_cpu.lookup(0).value(), ElementsAre(3, 4));
}

TEST_F(skeleton, values_without_types_are_bytes) {
    load();
    static_assert(std::is_same_v<decltype(skel.maps().plain.lookup({}))::value_type,
                                 std::array<std::byte, 12>>);
    EXPECT_TRUE(skel.maps().plain.lookup({}));
}

TEST_F(skeleton, before_load_only_definitions_exist) {
    EXPECT_EQ(skel.maps().template_.spec()->max_entries, 4u);
    const auto found = skel.maps().template_.lookup({.event = 1});
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().message, HasSubstr("map template: not loaded yet"));
    EXPECT_FALSE(skel.programs().delete_.run());
}

TEST_F(skeleton, a_size_that_was_edited_is_noticed) {
    skel.maps().template_.spec()->value_size = 8;
    skel.maps().template_.spec()->btf_value_type_id = 0;
    load();
    ASSERT_TRUE(skel.maps().template_.view().value()->update(Bytes(4), {Bytes(8)}, 0));
    const auto found = skel.maps().template_.lookup({.event = 0});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message, "map template: value: 8 bytes, but the type has 16");
}

TEST_F(skeleton, sections_of_any_name_are_there) {
    EXPECT_EQ(skel.data_more_names().grown.read()->at(1), 2);
}

TEST(skeletons, of_several_objects_stand_in_one_file) {
    EXPECT_TRUE(exec_counter::open());
    EXPECT_TRUE(hello_ring_buffer::open());
    EXPECT_TRUE(tail_calls::open());
    const hello_ring_buffer_types::event event{};
    EXPECT_EQ(event.pid, 0u);
}

TEST(skeleton_for_a_kernel, gets_what_it_asks_for) {
    asking skel = asking::open().value();
    const auto interpreter = make_interpreter();
    Target target;
    target.name = "a kernel with its own types";
    target.types = skel.spec().btf;
    target.config = "CONFIG_HZ=100\n";
    skel.make_ready(target);
    ASSERT_TRUE(skel.load(*interpreter));
    EXPECT_EQ(skel.programs().ask.run()->return_value, 100 + 4);
}

TEST(skeleton_for_a_kernel, says_what_was_not_resolved) {
    asking skel = asking::open().value();
    const auto interpreter = make_interpreter();
    const auto loaded = skel.load(*interpreter);
    const auto ran = loaded ? skel.programs().ask.run() : std::unexpected(loaded.error());
    ASSERT_FALSE(ran);
    EXPECT_THAT(ran.error().message, HasSubstr("was not resolved"));
}

}  // namespace
}  // namespace bpftwin
