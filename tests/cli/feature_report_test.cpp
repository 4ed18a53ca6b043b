#include "cli/feature_report.h"

#include "gtest/gtest.h"

namespace bpftwin::cli {
namespace {

const std::vector<FeatureGroup> groups = {
    {"map_types",
     "map types",
     {{"hash", "3.19", true}, {"arena", "6.9", false}, {"queue", "4.20", fail("refused")}}}};

TEST(feature_report, text_has_a_line_per_feature_below_their_sum) {
    EXPECT_EQ(features_text("6.1.0", groups, {}),
              "kernel 6.1.0\n"
              "map types: 1 of 3, 1 unknown\n"
              "  hash   3.19  yes\n"
              "  arena  6.9   no\n"
              "  queue  4.20  ?  refused\n");
}

TEST(feature_report, json_is_null_where_the_kernel_could_not_be_asked) {
    EXPECT_EQ(json_text(features_json("6.1.0", groups), -1),
              R"({"kernel":"6.1.0","map_types":[)"
              R"({"name":"hash","since":"3.19","present":true,"reason":null},)"
              R"({"name":"arena","since":"6.9","present":false,"reason":null},)"
              R"({"name":"queue","since":"4.20","present":null,"reason":"refused"}]})");
}

}  // namespace
}  // namespace bpftwin::cli
