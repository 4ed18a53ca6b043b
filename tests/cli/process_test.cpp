// The command as a process: exit status, error lines, pipes and signals.
#include "tests/cli/process.h"

#include <algorithm>

#include "compare/engines.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bpftwin::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Command lines that are wrong, each in one way, and what the line on stderr must contain.
struct WrongUsage {
    const char* command;
    const char* says;
};

const WrongUsage wrong_usages[] = {
    {"bpftwin", "no command given; there are run, verify, diff, test, corpus"},
    {"bpftwin fly", "fly"},
    {"bpftwin --fast", "--fast"},
    {"bpftwin run", "OBJ is required"},
    {"bpftwin run pass.s extra", "extra"},
    {"bpftwin run pass.s --no-such", "--no-such"},
    {"bpftwin run nofile.o", "nofile.o"},
    {"bpftwin run nofile.c", "nofile.c: No such file or directory"},
    {"bpftwin run nofile.s", "nofile.s"},
    {"bpftwin run /dev/null", "/dev/null"},
    {"bpftwin run .", "."},
    {"bpftwin run broken.s", "broken.s: line 2"},
    {"bpftwin run pass.s --type moon", "--type moon: no such program type"},
    {"bpftwin run pass.s --prog none", "--prog none: no such program; pass has pass (xdp)"},
    {"bpftwin run pass.s --packet nofile.pcap", "nofile.pcap: No such file"},
    {"bpftwin run pass.s --packet pass.s", "pass.s: unknown file format"},
    {"bpftwin run pass.s --packet hex:0", "--packet hex:0: "},
    {"bpftwin run pass.s --packet", "--packet"},
    {"bpftwin run pass.s --packet-out /no/folder/x.pcap", "--packet-out: /no/folder/x.pcap"},
    {"bpftwin run pass.s --ctx mark", "--ctx mark: give FIELD=VALUE"},
    {"bpftwin run pass.s --ctx mark=x", "--ctx mark=x: 'x' is not an integer"},
    {"bpftwin run pass.s --ctx nofield=1", "nofield"},
    {"bpftwin run pass.s --ctx-file nofile", "--ctx-file: cannot read nofile"},
    {"bpftwin run pass.s --set a b", "--set"},
    {"bpftwin run pass.s --set a b c", "--set a b c: no such map; the object has no maps"},
    {"bpftwin run pass.s --world moon=1", "--world: no field 'moon'"},
    {"bpftwin run pass.s --world nofile", "--world: cannot read nofile"},
    {"bpftwin run pass.s --repeat 0", "--repeat"},
    {"bpftwin run pass.s --repeat -1", "--repeat"},
    {"bpftwin run pass.s --elapse -1", "--elapse"},
    {"bpftwin run pass.s --elapse soon", "--elapse"},
    {"bpftwin run pass.s --fail nothing", "nothing"},
    {"bpftwin run pass.s --budget none", "--budget"},
    {"bpftwin run pass.s --cpus 0", "--cpus"},
    {"bpftwin run pass.s --cpus 1 --cpu 1", "1"},
    {"bpftwin run pass.s --checked --unsafe", "--unsafe"},
    {"bpftwin run pass.s --event t", "--event t: the object has no BTF"},
    {"bpftwin run pass.s --type kprobe --packet hex:00",
     "--packet: kprobe programs take no packet"},
    {"bpftwin run pass.s --engine warp", "--engine: no engine 'warp'; there are interp"},
    {"bpftwin run pass.s --engine checked", "--engine: no engine 'checked'"},
    {"bpftwin run pass.s --engine vm:9.9", "engine vm:9.9: "},
    {"bpftwin diff", "OBJ is required"},
    {"bpftwin diff pass.s --engines warp", "no engine 'warp'; there are interp"},
    {"bpftwin diff pass.s --type kprobe --packet hex:00",
     "--packet: kprobe programs take no packet"},
    {"bpftwin verify", "OBJ is required"},
    {"bpftwin verify pass.s --engine jit", "--engine: 'jit' has no verifier"},
    {"bpftwin test", "FILE is required"},
    {"bpftwin test tested.c --engines warp", "no engine 'warp'; there are interp"},
    {"bpftwin verify pass.s --csv --json", "--csv excludes --json"},
    {"bpftwin corpus", "DIR is required"},
    {"bpftwin corpus .", ".: no objects (*.o) in it"},
    {"bpftwin corpus nofolder", "nofolder: No such file"},
    {"bpftwin bench", "OBJ is required"},
    {"bpftwin bench nofile.o", "nofile.o"},
    {"bpftwin bench pass.s --prog none", "--prog none: no such program"},
    {"bpftwin bench pass.s --engines warp", "--engines: no engine 'warp'; there are interp"},
    {"bpftwin bench pass.s --engines interp,interp", "--engines: engine 'interp' is there twice"},
    {"bpftwin bench pass.s --samples 0", "--samples"},
    {"bpftwin bench pass.s --time 0", "--time"},
    {"bpftwin bench pass.s --time 1 --samples 1", "--samples"},
    {"bpftwin bench pass.s --ctx nofield=1", "nofield"},
    {"bpftwin bench pass.s --packet nofile.pcap", "nofile.pcap: No such file"},
    {"bpftwin bench pass.s --type kprobe --packet hex:00",
     "--packet: kprobe programs take no packet"},
    {"bpftwin disasm", "OBJ is required"},
    {"bpftwin disasm nofile.o", "nofile.o"},
    {"bpftwin disasm pass.s --prog x", "--prog x: no such program"},
    {"bpftwin progs nofile.o", "nofile.o"},
    {"bpftwin maps nofile.o", "nofile.o"},
    {"bpftwin helpers --type moon", "--type moon: no such program type"},
    {"bpftwin features --type moon", "--type moon: no such program type"},
    {"bpftwin features --type ext", "--type ext: these call what the program may"},
    {"bpftwin features --engine jit", "--engine: 'jit' is no kernel; there are kernel"},
    {"bpftwin features --engine vm:9.9", "engine vm:9.9: "},
    {"bpftwin btf", "FILE is required"},
    {"bpftwin btf nofile", "nofile"},
    {"bpftwin btf pass.s", "pass.s"},
    {"bpftwin btf x --format yaml", "--format"},
};

void PrintTo(const WrongUsage& usage, std::ostream* out) { *out << usage.command; }

class Usage : public testing::TestWithParam<WrongUsage> {};

TEST_P(Usage, that_is_wrong_ends_with_2_and_one_line) {
    Finished finished = shell(GetParam().command);
    EXPECT_EQ(finished.status, 2) << finished.output;
    EXPECT_EQ(std::ranges::count(finished.output, '\n'), 1) << finished.output;
    EXPECT_THAT(finished.output, StartsWith("bpftwin: "));
    EXPECT_THAT(finished.output, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(process, Usage, testing::ValuesIn(wrong_usages));

TEST(process, every_command_has_help_with_an_example) {
    for (const char* command :
         {"run", "bench", "progs", "maps", "disasm", "helpers", "features", "btf"}) {
        Finished finished = shell(std::string("bpftwin ") + command + " --help");
        EXPECT_EQ(finished.status, 0);
        EXPECT_THAT(finished.output, HasSubstr(std::string("  bpftwin ") + command + " "));
    }
}

TEST(process, a_trap_ends_with_1_and_names_the_line_of_c) {
    Finished finished = shell("bpftwin run events.c --prog bad_read --unverified");
    if (finished.output.find("no compiler found") != std::string::npos) {
        GTEST_SKIP() << finished.output;
    }
    EXPECT_EQ(finished.status, 1);
    EXPECT_THAT(finished.output, HasSubstr("bad_read (kprobe/vfs_read) trapped\n"));
    EXPECT_THAT(finished.output, HasSubstr(" events.c:"));
    EXPECT_THAT(finished.output, HasSubstr("return *(volatile int*)"));
}

TEST(process, packets_survive_a_program_that_leaves_them_alone) {
    Finished finished = shell(
        "file=$(mktemp); bpftwin run pass.s --packet hex:00112233445566778899aabb0800 --packet "
        "hex:00112233445566778899aabb080045 --packet-out $file "
        "> /dev/null && bpftwin run pass.s --json --packet $file; rm $file");
    EXPECT_EQ(finished.status, 0);
    EXPECT_THAT(finished.output, HasSubstr("\"packet\":\"00112233445566778899aabb0800\""));
    EXPECT_THAT(finished.output, HasSubstr("\"packet\":\"00112233445566778899aabb080045\""));
}

TEST(process, tells_its_version) {
    EXPECT_THAT(shell("bpftwin --version").output, testing::MatchesRegex("bpftwin [0-9.]+\n"));
}

TEST(process, a_closed_pipe_ends_it_quietly) {
    EXPECT_EQ(shell("{ bpftwin helpers --json; } | head -n 1").output, "{\n");
    EXPECT_EQ(shell("{ trap '' PIPE; bpftwin helpers --json; } | head -n 1").output, "{\n");
}

TEST(process, a_full_disk_is_an_error) {
    Finished finished = shell("bpftwin helpers > /dev/full");
    EXPECT_EQ(finished.status, 2);
    EXPECT_EQ(finished.output, "bpftwin: cannot write the output: No space left on device\n");
}

// The budget is an end for builds that hold signals back while a loop runs (ThreadSanitizer).
TEST(process, an_interrupt_ends_it_with_130) {
    Finished finished = shell(
        "bpftwin run endless.s --budget 1000000000 & pid=$!; "
        "while sleep 0.2 && kill -INT $pid; do :; done 2>/dev/null; wait $pid");
    EXPECT_EQ(finished.status, 130) << finished.output;
}

TEST(process, an_interrupt_ends_a_bench_with_130) {
    Finished finished = shell(
        "bpftwin bench loop.s --time 10 > /dev/null & pid=$!; "
        "while sleep 0.2 && kill -INT $pid; do :; done 2>/dev/null; wait $pid");
    EXPECT_EQ(finished.status, 130) << finished.output;
}

TEST(process, a_bench_measures_every_engine_unless_told_otherwise) {
    Finished finished = shell("bpftwin bench loop.s --samples 1 --json");
    EXPECT_EQ(finished.status, 0) << finished.output;
    for (const std::string& name : compare::contender_names())
        EXPECT_THAT(finished.output, HasSubstr("\"engine\": \"" + name + "\""));
}

TEST(process, diff_compares_the_engines_of_this_process_without_privilege) {
    Finished finished = shell("bpftwin diff pass.s --engines jit");
    EXPECT_EQ(finished.status, 0) << finished.output;
    EXPECT_THAT(finished.output, HasSubstr("return value  XDP_PASS   same"));
    finished = shell("bpftwin diff pass.s --engines jit --json");
    EXPECT_THAT(finished.output, HasSubstr("\"same\": true"));
}

TEST(process, diff_asks_a_kernel_only_where_it_can) {
    Finished finished = shell("bpftwin diff pass.s");
    EXPECT_EQ(finished.status, 0) << finished.output;
    EXPECT_THAT(finished.output, HasSubstr("kernel"));
}

constexpr std::string_view veristat_head =
    "file_name,prog_name,verdict,duration,total_insns,total_states,prog_size\n";

TEST(process, verify_needs_no_privilege_and_has_veristats_columns) {
    Finished finished = shell("bpftwin verify pass.s trap.s --csv");
    EXPECT_EQ(finished.status, 1) << finished.output;
    EXPECT_THAT(finished.output, StartsWith(std::string(veristat_head) + "pass.s,pass,success,"));
    EXPECT_THAT(finished.output, HasSubstr("\ntrap.s,trap,failure,"));
}

TEST(process, verify_json_names_the_verifier_and_the_reason) {
    Finished finished = shell("bpftwin verify trap.s --json");
    EXPECT_EQ(finished.status, 1) << finished.output;
    EXPECT_THAT(finished.output, HasSubstr("\"verifier\": \"bpftwin\""));
    EXPECT_THAT(finished.output, HasSubstr("\"reason\": \"R1 offset is outside of the packet\""));
}

TEST(process, verify_tells_the_kernels_verdict_in_veristats_columns) {
    Finished finished = shell("bpftwin verify pass.s --csv --engine kernel");
    if (finished.status == 2) GTEST_SKIP() << finished.output;
    EXPECT_EQ(finished.status, 0) << finished.output;
    EXPECT_THAT(finished.output, StartsWith(std::string(veristat_head) + "pass.s,pass,success,"));
}

/// A command line that runs `commands` in a folder with one object, events.o, of two programs.
std::string with_a_folder(const std::string& commands) {
    return "clang=$(command -v clang-19 || command -v clang-16 || command -v clang-14 || "
           "command -v clang) || { echo no clang installed; exit 77; }; "
           "folder=$(mktemp -d); trap 'rm -r $folder' EXIT; mkdir $folder/sub; "
           "$clang -O2 -g -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu -c events.c "
           "-o $folder/sub/events.o; cd $folder; " +
           commands;
}

TEST(process, corpus_lists_a_folders_verdicts_whatever_they_are) {
    Finished finished = shell(with_a_folder("bpftwin corpus . --json all.json; cat all.json"));
    if (finished.status == 77) GTEST_SKIP() << finished.output;
    EXPECT_EQ(finished.status, 0) << finished.output;
    EXPECT_THAT(finished.output, HasSubstr("\nevents.o,on_unlink,success,"));
    EXPECT_THAT(finished.output, HasSubstr("\nevents.o,bad_read,failure,"));
    EXPECT_THAT(finished.output, HasSubstr("verifier bpftwin, objects 1 unreadable 0\n"));
    EXPECT_THAT(finished.output, HasSubstr("\"program\": \"bad_read\""));
}

TEST(process, corpus_compares_two_verifiers) {
    Finished finished =
        shell(with_a_folder("bpftwin corpus . --compare bpftwin --json all.json && "
                            "echo broken > broken.o; cat all.json; "
                            "bpftwin corpus . --compare bpftwin"));
    if (finished.status == 77) GTEST_SKIP() << finished.output;
    EXPECT_EQ(finished.status, 0) << finished.output;
    EXPECT_THAT(finished.output,
                StartsWith("bpftwin beside bpftwin: objects 1 unreadable 0, programs 2 judged 2\n"
                           "wrongly accepted 0\nwrongly rejected 0\nunsupported 0\n"
                           "same verdict 2/2 (100.0 %)\n"));
    EXPECT_THAT(finished.output, HasSubstr("\"finding\": \"same\""));
    EXPECT_THAT(finished.output, HasSubstr("objects 2 unreadable 1, programs 2 judged 2\n"));
}

TEST(process, every_engine_runs_a_program_by_its_name) {
    for (const std::string_view name : compare::engine_names()) {
        if (compare::is_kernel(name)) continue;  // They ask for privilege or an image.
        Finished finished =
            shell(fmt::format("bpftwin run pass.s --unsafe --json --engine {}", name));
        EXPECT_EQ(finished.status, 0) << finished.output;
        EXPECT_THAT(finished.output, HasSubstr(fmt::format("\"engine\": \"{}\"", name)));
        EXPECT_THAT(finished.output, HasSubstr("\"return_name\":\"XDP_PASS\""));
    }
}

}  // namespace
}  // namespace bpftwin::cli
