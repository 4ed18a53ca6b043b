// The search ends when it has enough, and survives engines that crash or hang.
#include <unistd.h>

#include <csignal>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/differential/program_generator.h"
#include "tests/differential/search.h"

namespace bpftwin::differential {
namespace {

using testing::HasSubstr;

/// The interpreter, after something has happened.
class Disturbed final : public Engine {
public:
    explicit Disturbed(void (*disturb)(const ObjectSpec& object)) : disturb_(disturb) {}
    [[nodiscard]] std::string_view name() const override { return "disturbed"; }
    Result<std::unique_ptr<Instance>> instantiate(const ObjectSpec& object,
                                                  const EngineOptions& options) override {
        disturb_(object);
        return make_interpreter()->instantiate(object, options);
    }

private:
    void (*disturb_)(const ObjectSpec& object);
};

template <auto disturb>
std::unique_ptr<Engine> make_disturbed() {
    return std::make_unique<Disturbed>(disturb);
}

/// Seeds whose case has that many programs are those at which the engines below fail.
constexpr std::size_t fatal_programs = 6;

void crash(const ObjectSpec& object) {
    if (object.programs.size() != fatal_programs) return;
    std::signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

void hang(const ObjectSpec& object) {
    if (object.programs.size() == fatal_programs) pause();
}

const test::EngineCase interpreter = test::engine_cases().front();

SearchResult search(std::unique_ptr<Engine> (*make)(), SearchOptions options) {
    options.engine = {"engine", make, {.safety = Safety::unsafe}};
    options.against = interpreter;
    options.jobs = 2;
    return search(options, [](const SearchResult&) { return true; });
}

std::size_t programs_of(std::uint64_t seed) { return generate_case(seed).object.programs.size(); }

TEST(search, ends_when_it_has_compared_enough_programs) {
    const auto result = search(make_interpreter, {.programs = 100});
    EXPECT_GE(result.programs, 100u);
    EXPECT_FALSE(result.failed_seed);
}

TEST(search, ends_when_its_time_is_over) {
    const auto result = search(make_interpreter, {.seconds = 0.3});
    EXPECT_GE(result.seconds, 0.3);
    EXPECT_FALSE(result.failed_seed);
}

TEST(search, ends_when_it_is_told_to) {
    const SearchOptions options{.engine = interpreter, .against = interpreter};
    const auto result = search(options, [](const SearchResult&) { return false; });
    EXPECT_FALSE(result.failed_seed);
}

TEST(search, names_the_seed_at_which_an_engine_crashes) {
    const auto result = search(make_disturbed<crash>, {});
    ASSERT_TRUE(result.failed_seed);
    EXPECT_EQ(programs_of(*result.failed_seed), fatal_programs);
    EXPECT_THAT(result.failure, HasSubstr("signal 11"));
}

TEST(search, names_the_seed_at_which_an_engine_hangs) {
    const auto result = search(make_disturbed<hang>, {.seconds_per_case = 0.5});
    ASSERT_TRUE(result.failed_seed);
    EXPECT_EQ(programs_of(*result.failed_seed), fatal_programs);
    EXPECT_THAT(result.failure, HasSubstr("end"));
}

}  // namespace
}  // namespace bpftwin::differential
