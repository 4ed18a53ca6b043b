// The plugin's command line, as the public runner uses it.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "fmt/format.h"
#include "isa/assembler.h"

namespace bpftwin {
namespace {

/// What a run printed on both streams, and its exit status.
struct Output {
    int status;
    std::string text;

    friend bool operator==(const Output&, const Output&) = default;
};

void PrintTo(const Output& output, std::ostream* out) {
    *out << "exit " << output.status << ": " << output.text;
}

Output plugin(const std::string& arguments, const std::string& input) {
    auto path =
        std::filesystem::path(testing::TempDir()) /
        fmt::format("plugin-{}", testing::UnitTest::GetInstance()->current_test_info()->name());
    std::ofstream(path, std::ios::binary) << input;
    auto command = fmt::format("'{}' {} <'{}' 2>&1", BPFTWIN_PLUGIN, arguments, path.string());
    auto* stream = popen(command.c_str(), "r");
    Output output{-1, {}};
    for (int c = std::fgetc(stream); c != EOF; c = std::fgetc(stream))
        output.text.push_back(static_cast<char>(c));
    output.status = WEXITSTATUS(pclose(stream));
    std::filesystem::remove(path);
    return output;
}

/// The program's bytes in base 16, two blanks behind each as the runner writes them.
std::string bytecode(std::string_view text) {
    auto program = *assemble(text);
    std::string hex;
    for (const auto& insn : program) {
        std::array<unsigned char, sizeof(Insn)> bytes{};
        std::memcpy(bytes.data(), &insn, sizeof insn);
        for (auto byte : bytes) hex += fmt::format("{:02x}  ", byte);
    }
    return hex + "\n";
}

TEST(plugin, prints_r0_in_lower_case_hex) {
    EXPECT_EQ(plugin("", bytecode("r0 = 0xabcdef ll\nexit")), (Output{0, "abcdef\n"}));
    EXPECT_EQ(plugin("''", bytecode("r0 = -1\nexit")), (Output{0, "ffffffffffffffff\n"}));
}

TEST(plugin, passes_memory_and_its_size) {
    auto load = bytecode("r0 = *(u16 *)(r1 +1)\nexit");
    EXPECT_EQ(plugin("'11 22 33 '", load), (Output{0, "3322\n"}));
    EXPECT_EQ(plugin("112233", load), (Output{0, "3322\n"}));
    EXPECT_EQ(plugin("'11 22 33'", bytecode("r0 = r2\nexit")), (Output{0, "3\n"}));
    EXPECT_EQ(plugin("", bytecode("r0 = r1\nr0 |= r2\nexit")), (Output{0, "0\n"}));
}

TEST(plugin, takes_options_singly_or_in_one_argument) {
    auto program = bytecode("r0 = 7\nexit");
    EXPECT_EQ(plugin("'' --engine interp", program), (Output{0, "7\n"}));
    EXPECT_EQ(plugin("'' --engine jit", program), (Output{0, "7\n"}));
    EXPECT_EQ(plugin("'' '--engine interp --unsafe'", program), (Output{0, "7\n"}));
}

TEST(plugin, fails_with_one_line) {
    auto program = bytecode("r0 = 7\nexit");
    EXPECT_EQ(plugin("0g", program),
              (Output{1, "bpftwin-conformance: memory: \"0g\" is not a byte in base 16\n"}));
    EXPECT_EQ(plugin("'' --frob", program),
              (Output{1,
                      "bpftwin-conformance: unknown option --frob; known are --engine X, --elf, "
                      "--unsafe\n"}));
    EXPECT_EQ(plugin("'' --engine frob", program),
              (Output{1, "bpftwin-conformance: unknown engine frob; known are interp and jit\n"}));
    EXPECT_EQ(plugin("", ""), (Output{1,
                                      "bpftwin-conformance: program: 0 bytes are no whole number "
                                      "of instructions\n"}));
    EXPECT_EQ(plugin("", "95 00"), (Output{1,
                                           "bpftwin-conformance: program: 2 bytes are no whole "
                                           "number of instructions\n"}));
}

TEST(plugin, describes_a_trap_on_one_line) {
    auto output = plugin("", bytecode("r0 = *(u8 *)(r1 +0)\nexit"));
    EXPECT_EQ(output.status, 1);
    EXPECT_TRUE(output.text.starts_with("bpftwin-conformance: ")) << output.text;
    EXPECT_EQ(output.text.find('\n'), output.text.size() - 1) << output.text;
}

TEST(plugin, rejects_what_is_no_instruction) {
    auto output = plugin("", "ff 00 00 00 00 00 00 00");
    EXPECT_EQ(output.status, 1);
    EXPECT_TRUE(output.text.contains("unknown opcode ff")) << output.text;
}

TEST(plugin, rejects_what_is_no_object) {
    auto output = plugin("'' --elf", "7f 45 4c 46");
    EXPECT_EQ(output.status, 1);
    EXPECT_TRUE(output.text.starts_with("bpftwin-conformance: ")) << output.text;
}

}  // namespace
}  // namespace bpftwin
