#include "compare/timing.h"

#include <sched.h>

#include "gtest/gtest.h"

namespace bpftwin::compare {
namespace {

cpu_set_t allowed_cpus() {
    cpu_set_t cpus;
    EXPECT_EQ(sched_getaffinity(0, sizeof cpus, &cpus), 0);
    return cpus;
}

TEST(pin, holds_the_thread_on_one_cpu_and_lets_it_go_again) {
    const cpu_set_t before = allowed_cpus();
    {
        const Pin pin;
        if (!pin.cpu()) GTEST_SKIP() << "the system does not let threads be pinned";
        const cpu_set_t now = allowed_cpus();
        EXPECT_EQ(CPU_COUNT(&now), 1);
        EXPECT_TRUE(CPU_ISSET(*pin.cpu(), &now));
        EXPECT_EQ(static_cast<unsigned>(sched_getcpu()), *pin.cpu());
    }
    const cpu_set_t after = allowed_cpus();
    EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(clock, has_a_resolution_between_nothing_and_a_millisecond) {
    const double ns = clock_resolution_ns();
    EXPECT_GT(ns, 0);
    EXPECT_LT(ns, 1e6);
}

}  // namespace
}  // namespace bpftwin::compare
