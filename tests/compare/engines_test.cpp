#include "compare/engines.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "isa/builder.h"

namespace bpftwin::compare {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// One program that reads outside all memory.
ObjectSpec wild_read() {
    using namespace build;
    ProgramSpec program;
    program.name = "wild";
    program.insns = build::program({mov(r1, 8), ldxdw(r0, r1, 0), build::exit()});
    program.functions = {{0, "wild"}};
    ObjectSpec object;
    object.programs = {program};
    return object;
}

TEST(engines, each_is_made_by_its_name) {
    for (const std::string_view name : engine_names()) {
        if (is_kernel(name)) continue;  // They ask for privilege or an image.
        const auto engine = make_engine(name);
        ASSERT_TRUE(engine) << engine.error().message;
        EXPECT_EQ((*engine)->name(), name);
    }
}

TEST(engines, an_unknown_name_is_an_error_that_lists_the_known) {
    const auto engine = make_engine("warp");
    ASSERT_FALSE(engine);
    EXPECT_THAT(engine.error().message, HasSubstr("no engine 'warp'; there are interp"));
}

TEST(engines, every_engine_is_a_contender) {
    for (const std::string_view name : engine_names()) {
        if (is_kernel(name)) continue;
        EXPECT_THAT(contender_names(), Contains(name));
    }
    for (const std::string& name : contender_names()) EXPECT_EQ(make_contender(name)->name, name);
}

TEST(engines, checked_is_no_engine_but_a_contender_that_checks) {
    EXPECT_FALSE(make_engine("checked"));
    const auto instance = make_contender("checked")->instantiate(wild_read());
    ASSERT_TRUE(instance) << instance.error().message;
    EXPECT_EQ((*instance)->run("wild", {})->trap->kind, TrapKind::bad_access);
}

TEST(engines, a_contender_is_asked_for_once) {
    const std::vector<std::string> names = {"interp", "checked", "interp"};
    const auto contenders = make_contenders(names);
    ASSERT_FALSE(contenders);
    EXPECT_EQ(contenders.error().message, "engine 'interp' is there twice");
}

}  // namespace
}  // namespace bpftwin::compare
