// Objects for tests, from C text.
#pragma once

#include <cstdio>
#include <fstream>
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
    auto object = open_object({path, ""});
    std::remove(path.c_str());
    return object;
}

}  // namespace bpftwin::cli
