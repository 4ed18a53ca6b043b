// The running kernel's answer to a program, for tests that compare what we say of it.
#pragma once

#include "bpftwin/kernel.h"
#include "gtest/gtest.h"

namespace bpftwin::test {

/// The kernel's verdict on the object's first program, with a log of level 2; the test is skipped
/// (`not_loadable`, with the reason) where it cannot be asked.
inline Verdict kernel_verdict(const ObjectSpec& object) {
    static const auto judge = make_kernel_judge();
    if (!judge) return {.reason = judge.error().message};
    const std::string names[] = {object.programs.front().name};
    const auto verdicts = (*judge)->judge(object, names, 2);
    if (!verdicts) return {.reason = verdicts.error().message};
    return verdicts->front();
}

}  // namespace bpftwin::test
