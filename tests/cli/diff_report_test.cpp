// What `bpftwin diff` says of a difference.
#include "cli/diff_report.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bpftwin::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A run on two engines whose packets differ in byte 1.
class Difference : public testing::Test {
protected:
    Difference() {
        run_.expected.packet = Bytes{std::byte{1}, std::byte{2}};
        run_.expected.writes.push_back({.place = LastWrite::Place::packet,
                                        .offset = 1,
                                        .size = 1,
                                        .program = "drop",
                                        .pc = 7,
                                        .source = SourceLine{"drop.c", 12, 5, "data[1] = 2;"}});
        run_.engines.push_back({.findings = {finding()}});
    }

    compare::Finding finding() {
        return {compare::Field::packet, compare::Agreement::different, "packet: byte 1 is 0x03",
                *run_.expected.packet, Bytes{std::byte{1}, std::byte{3}}};
    }
    std::string text() { return differences_text(plan(), run_, {}); }
    DiffPlan plan() {
        return {object_, program_, "drop.o", {}, {{.name = "interp"}, {.name = "kernel"}}};
    }

    ObjectSpec object_;
    ProgramSpec program_;
    ComparedRun run_;
};

TEST_F(Difference, names_the_line_that_wrote_the_byte_last) {
    EXPECT_THAT(text(), HasSubstr("last written by insn 7 of drop, drop.c:12:5: data[1] = 2;\n"));
    EXPECT_EQ(diff_json(plan(), run_)["engines"][0]["findings"][0]["last_written_by"],
              "insn 7 of drop, drop.c:12:5: data[1] = 2;");
}

TEST_F(Difference, names_the_instruction_where_there_is_no_line) {
    run_.expected.writes.front().source.reset();
    EXPECT_THAT(text(), HasSubstr("last written by insn 7 of drop\n"));
}

TEST_F(Difference, says_nothing_where_the_byte_was_not_written) {
    run_.expected.writes.front().offset = 0;
    EXPECT_THAT(text(), Not(HasSubstr("last written by")));
}

}  // namespace
}  // namespace bpftwin::cli
