// The suite's assembler dialect and file format.
#include "tests/conformance/dialect.h"

#include <gtest/gtest.h>

#include "isa/assembler.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "isa/encode.h"
#include "tests/conformance/data_file.h"
#include "tests/conformance/hex.h"

namespace bpftwin::conformance {
namespace {

std::string text_of(std::string_view dialect) {
    auto program = assemble_dialect(dialect);
    if (!program) return program.error().message;
    return *disassemble(*program);
}

TEST(dialect, means_the_kernels_instructions) {
    EXPECT_EQ(text_of("mov %r1, -1"), "0: (b7) r1 = -1\n");
    EXPECT_EQ(text_of("mov32 %r0, 0xffffffff"), "0: (b4) w0 = -1\n");
    EXPECT_EQ(text_of("or %r0, %r1"), "0: (4f) r0 |= r1\n");
    EXPECT_EQ(text_of("smod32 %r0, %r1"), "0: (9c) w0 s%= w1\n");
    EXPECT_EQ(text_of("neg32 %r3"), "0: (84) w3 = -w3\n");
    EXPECT_EQ(text_of("movsx1632 %r0, %r1"), "0: (bc) w0 = (s16)w1\n");
    EXPECT_EQ(text_of("be16 %r0"), "0: (dc) r0 = be16 r0\n");
    EXPECT_EQ(text_of("swap16 %r0"), "0: (d7) r0 = bswap16 r0\n");
    EXPECT_EQ(text_of("bswap64 %r0"), "0: (d7) r0 = bswap64 r0\n");
    EXPECT_EQ(text_of("lddw %r0, 0x1122334455667788"), "0: (18) r0 = 0x1122334455667788\n");
    EXPECT_EQ(text_of("ldxsb %r0, [%r10-1]"), "0: (91) r0 = *(s8 *)(r10 -1)\n");
    EXPECT_EQ(text_of("stw [%r10-4], 0x80000001"), "0: (62) *(u32 *)(r10 -4) = -2147483647\n");
    EXPECT_EQ(text_of("stxdw [%r1], %r2"), "0: (7b) *(u64 *)(r1 +0) = r2\n");
    EXPECT_EQ(text_of("lock add [%r10-8], %r1"), "0: (db) lock *(u64 *)(r10 -8) += r1\n");
    EXPECT_EQ(text_of("lock fetch xor32 [%r10-8], %r1"),
              "0: (c3) r1 = atomic_fetch_xor((u32 *)(r10 -8), r1)\n");
    EXPECT_EQ(text_of("lock cmpxchg [%r10-8], %r1"),
              "0: (db) r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r1)\n");
    EXPECT_EQ(text_of("jsle32 %r1, %r2, +3"), "0: (de) if w1 s<= w2 goto pc+3\n");
    EXPECT_EQ(text_of("call 5"), "0: (85) call unknown#5\n");
    EXPECT_EQ(text_of("call %r2"), "0: (8d) callx r2\n");
    EXPECT_EQ(text_of("call runtime 7"), "0: (85) call kernel-function#7\n");
}

TEST(dialect, resolves_labels) {
    EXPECT_EQ(text_of("ja32 out # comment\n\ncall local out\njne %r0, 1, exit\nout:\nexit"),
              "0: (06) gotol pc+2\n1: (85) call pc+1\n2: (55) if r0 != 0x1 goto pc+0\n3: (95) "
              "exit\n");
}

TEST(dialect, errors_name_the_line) {
    EXPECT_EQ(text_of("exit\nfrob %r1"), "line 2: cannot read \"frob %r1\" at \"%r1\"");
    EXPECT_EQ(text_of("mov %r1, foo"), "line 1: cannot read \"mov %r1, foo\" at \"foo\"");
    EXPECT_EQ(text_of("ja out"), "line 1: label out is not defined");
    EXPECT_EQ(text_of("a:\na:"), "line 2: label a is already defined");
}

TEST(data_file, has_sections) {
    auto file = parse_data_file(
        "# comment\n-- asm\nmov %r0, %r2\nexit\n-- mem\n00 01\nff\n-- result\n0x3\n", "name");
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->program.size(), 2u);
    EXPECT_EQ(file->memory, (Bytes{std::byte{0}, std::byte{1}, std::byte{0xff}}));
    EXPECT_EQ(file->result, 3u);
}

TEST(data_file, prefers_raw_instructions) {
    auto file = parse_data_file("-- raw\n0x95\n-- error\nreason\n", "name");
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->program, std::vector<Insn>{insn(Op::exit)});
    EXPECT_EQ(file->error, "reason");
}

TEST(data_file, errors_name_the_section) {
    auto error = [](std::string_view text) {
        return parse_data_file(text, "name").error().message;
    };
    EXPECT_EQ(error("-- frob\n"), "name: unknown section \"frob\"");
    EXPECT_EQ(error("-- asm\nfrob\n"), "name: asm: line 1: cannot read \"frob\" at \"\"");
    EXPECT_EQ(error("-- asm\nexit\n-- result\nfrob\n"),
              "name: result: \"frob\" is not a number of 64 bits");
    EXPECT_EQ(error("-- mem\n0g\n-- result\n1\n"), "name: mem: \"0g\" is not a byte in base 16");
}

TEST(hex, takes_blanks_between_bytes_only) {
    EXPECT_TRUE(parse_hex("")->empty());
    EXPECT_EQ(parse_hex("0011 ff\n")->size(), 3u);
    EXPECT_EQ(parse_hex("0 1").error().message, "\"0 \" is not a byte in base 16");
    EXPECT_EQ(parse_hex("001").error().message, "\"1\" is not a byte in base 16");
}

TEST(corpus, is_read_and_valid_and_survives_a_round_trip) {
    auto files = data_files_in(BPFTWIN_CONFORMANCE_CORPUS);
    if (files.empty()) GTEST_SKIP() << "no cases in " BPFTWIN_CONFORMANCE_CORPUS;
    for (const auto& path : files) {
        auto file = read_data_file(path);
        ASSERT_TRUE(file) << file.error().message;
        auto valid = validate(file->program);
        EXPECT_TRUE(valid) << file->name << ": " << valid.error().message;
        EXPECT_EQ(file->assembled, file->program) << file->name;
        EXPECT_EQ(*assemble(*disassemble(file->program)), file->program) << file->name;
    }
}

}  // namespace
}  // namespace bpftwin::conformance
