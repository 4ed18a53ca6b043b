// Objects for tests, from C text.
#pragma once

#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include "bpftwin/spec.h"
#include "cli/object.h"
#include "gtest/gtest.h"

namespace bpftwin::cli {

/// Compiles with the command's own compiler search. An Error where no compiler is installed.
inline Result<ObjectSpec> compiled(std::string_view source) {
    std::string path = testing::TempDir() + "bpftwin_" +
                       testing::UnitTest::GetInstance()->current_test_info()->name() + ".c";
    std::ofstream(path) << source;
    auto object = open_object({.path = path});
    std::remove(path.c_str());
    return object;
}

}  // namespace bpftwin::cli

/// Defines `object` from C text; skips without a compiler, fails for any other error.
#define COMPILED(object, source)                                                              \
    auto object = ::bpftwin::cli::compiled(source);                                           \
    if (!(object) && (object).error().message.find("no compiler found") != std::string::npos) \
        GTEST_SKIP() << (object).error().message;                                             \
    ASSERT_TRUE(object) << (object).error().message
