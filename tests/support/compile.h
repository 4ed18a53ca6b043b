// Compiles C to BPF objects with the compilers that the machine has.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bpftwin::test {

/// Every compiler that objects are promised to load from.
inline constexpr std::array<const char*, 4> compilers = {"clang-14", "clang-16", "clang-19",
                                                         "bpf-gcc"};

/// A folder that is removed with all its files.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// The outcome of one compilation.
struct Compiled {
    std::string path;         ///< The object, as long as this or a copy lives; empty if none.
    std::string skip_reason;  ///< Why it could not be tried: for GTEST_SKIP.
    std::string errors;       ///< What the compiler said when it failed: for FAIL.
    std::shared_ptr<TemporaryFolder> folder;

    /// The object's bytes.
    [[nodiscard]] std::vector<std::byte> image() const;
};

struct CompileOptions {
    std::string compiler = "clang-19";
    std::vector<std::string> flags;  ///< After our own: -O2, debug information, system includes.
    std::string name = "program";    ///< Of the object, without its extension.
};

/// Compiles C source text.
Compiled compile(std::string_view source, const CompileOptions& options = {});

/// Compiles a C file.
Compiled compile_file(const std::string& path, const CompileOptions& options = {});

}  // namespace bpftwin::test

/// Compiles into `object`; leaves the test if the compiler is missing or refuses the source.
#define COMPILE_OR_SKIP(object, ...)                                     \
    auto object = ::bpftwin::test::compile(__VA_ARGS__);                 \
    if (!object.skip_reason.empty()) GTEST_SKIP() << object.skip_reason; \
    ASSERT_FALSE(object.path.empty()) << object.errors
