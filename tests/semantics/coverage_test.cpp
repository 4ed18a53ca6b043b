// Every feature that runs here has a case, and every case covers features that there are.
#include <filesystem>
#include <set>
#include <string>

#include "bpftwin/kinds.h"
#include "cli/hex.h"
#include "cli/test_file.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "helpers/implementation.h"
#include "helpers/kfuncs.h"
#include "helpers/maps/type_info.h"
#include "helpers/prototype.h"
#include "vm/context.h"

namespace bpftwin::cli {
namespace {

using Features = std::set<std::string>;

Features covered() {
    Features features;
    for (const auto& entry : std::filesystem::directory_iterator(BPFTWIN_CASES)) {
        if (entry.path().extension() != ".c") continue;
        const Bytes bytes = read_bytes(entry.path()).value();
        const auto tests = parse_tests({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        EXPECT_TRUE(tests) << entry.path() << ": " << tests.error().message;
        EXPECT_FALSE(tests && tests->empty()) << entry.path() << " has no tests";
        for (const TestCase& test : tests.value_or(std::vector<TestCase>()))
            features.insert(test.covers.begin(), test.covers.end());
    }
    return features;
}

void add_types(Features& features) {
    for (const MapTypeInfo& type : map_type_table())
        if (type.implemented()) features.insert(fmt::format("map type {}", type.name));
    for (const ProgType type : prog_types())
        if (context_layout(type).size != 0)
            features.insert(fmt::format("program type {}", name_of(type)));
}

Features there_are() {
    Features features;
    for (const Helper& helper : helper_table())
        if (helper_function(helper.id) != nullptr || helper.name == "tail_call")
            features.insert(fmt::format("helper {}", helper.name));
    for (const Kfunc& kfunc : kfunc_table()) features.insert(fmt::format("kfunc {}", kfunc.name));
    add_types(features);
    return features;
}

TEST(coverage, every_feature_that_runs_here_has_a_case) {
    Features missing = there_are();
    for (const std::string& feature : covered()) missing.erase(feature);
    EXPECT_THAT(missing, testing::IsEmpty());
}

TEST(coverage, every_case_covers_features_that_there_are) {
    Features unknown = covered();
    for (const std::string& feature : there_are()) unknown.erase(feature);
    EXPECT_THAT(unknown, testing::IsEmpty());
}

}  // namespace
}  // namespace bpftwin::cli
