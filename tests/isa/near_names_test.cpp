#include "isa/near_names.h"

#include <array>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bpftwin {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto known =
    std::to_array<std::string_view>({"ifindex", "ingress_ifindex", "mark", "data", "data_end"});

TEST(near_names, a_slip_of_the_pen_is_found) {
    EXPECT_THAT(near_names("ingres_ifindx", known), ElementsAre("ingress_ifindex"));
}

TEST(near_names, nearest_comes_first) {
    EXPECT_THAT(near_names("data_", known), ElementsAre("data", "data_end"));
}

TEST(near_names, a_part_of_a_name_is_near_it) {
    EXPECT_THAT(near_names("index", known), ElementsAre("ifindex", "ingress_ifindex"));
}

TEST(near_names, nothing_is_near_a_different_word) {
    EXPECT_THAT(near_names("bandwidth", known), IsEmpty());
}

}  // namespace
}  // namespace bpftwin
