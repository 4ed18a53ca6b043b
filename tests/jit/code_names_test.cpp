// What perf and GDB learn of machine code.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/programs.h"

// GDB's side of its interface.
extern "C" {
struct jit_code_entry {
    jit_code_entry* next_entry;
    jit_code_entry* prev_entry;
    const char* symfile_addr;
    std::uint64_t symfile_size;
};
struct jit_descriptor {
    std::uint32_t version;
    std::uint32_t action_flag;
    jit_code_entry* relevant_entry;
    jit_code_entry* first_entry;
};
extern jit_descriptor __jit_debug_descriptor;  // NOLINT(bugprone-reserved-identifier)
}

namespace bpftwin::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ObjectSpec two_programs() {
    ProgramSpec first = assembled("call f\n exit\n f: r0 = 1\n exit", ProgType::unspec, "first");
    first.functions = {{0, "first"}, {2, "helper of\nfirst"}};
    return object_of({first, assembled("r0 = 2\n exit", ProgType::unspec, "second")});
}

std::unique_ptr<Instance> instance_with(EngineOptions options) {
    options.safety = Safety::unsafe;
    return instantiated({"jit", make_jit, options}, two_programs());
}

// --- perf

class perf_map : public testing::Test {
protected:
    perf_map() { unlink(path.c_str()); }
    ~perf_map() override { unlink(path.c_str()); }

    struct Line {
        std::uint64_t address = 0, size = 0;
        std::string name;
    };
    [[nodiscard]] std::vector<Line> lines() const {
        std::ifstream in(path);
        std::vector<Line> result;
        for (Line line; in >> std::hex >> line.address >> line.size >> line.name;)
            result.push_back(line);
        return result;
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> result;
        for (const Line& line : lines()) result.push_back(line.name);
        return result;
    }

    std::string path = fmt::format("/tmp/perf-{}.map", getpid());
};

TEST_F(perf_map, is_not_written_unless_asked_for) {
    instance_with({});
    EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST_F(perf_map, names_every_function_of_every_program) {
    const auto instance = instance_with({.perf_map = true});
    EXPECT_THAT(names(), ElementsAre("bpftwin_enter", "bpf_prog_first::first",
                                     "bpf_prog_first::helper?of?first", "bpf_prog_second::second"));
    const auto all = lines();
    for (std::size_t i = 1; i < all.size(); ++i) {
        EXPECT_GT(all[i].size, 0u);
        EXPECT_GE(all[i].address, all[i - 1].address + all[i - 1].size);
    }
    struct stat status{};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(perf_map, grows_with_every_instance) {
    const auto one = instance_with({.perf_map = true}), two = instance_with({.perf_map = true});
    EXPECT_EQ(names().size(), 8u);
}

TEST_F(perf_map, keeps_lines_of_several_threads_whole) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([] {
            for (int k = 0; k < 20; ++k) instance_with({.perf_map = true});
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(names().size(), 4u * 20 * 4);
    for (const std::string& name : names())
        EXPECT_TRUE(name == "bpftwin_enter" || name.starts_with("bpf_prog_")) << name;
}

TEST_F(perf_map, does_not_follow_a_link) {
    const std::string target = path + ".target";
    std::ofstream(target) << "";
    ASSERT_EQ(symlink(target.c_str(), path.c_str()), 0);
    const auto instance =
        make_jit()->instantiate(two_programs(), {.safety = Safety::unsafe, .perf_map = true});
    ASSERT_FALSE(instance);
    EXPECT_THAT(instance.error().message, HasSubstr(path));
    EXPECT_EQ(std::ifstream(target).peek(), std::char_traits<char>::eof());
    unlink(target.c_str());
}

TEST_F(perf_map, does_not_wait_for_the_reader_of_a_pipe) {
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    EXPECT_FALSE(
        make_jit()->instantiate(two_programs(), {.safety = Safety::unsafe, .perf_map = true}));
}

// --- GDB

std::vector<std::string> registered_objects() {
    std::vector<std::string> objects;
    for (auto* entry = __jit_debug_descriptor.first_entry; entry; entry = entry->next_entry)
        objects.emplace_back(entry->symfile_addr, entry->symfile_size);
    return objects;
}

TEST(gdb_names, are_there_while_the_instance_lives) {
    EXPECT_TRUE(registered_objects().empty());
    auto one = instance_with({.gdb = true}), two = instance_with({.gdb = true}),
         other = instance_with({});
    EXPECT_EQ(registered_objects().size(), 2u);
    for (const std::string& object : registered_objects()) {
        EXPECT_TRUE(
            object.starts_with("\x7f"
                               "ELF"));
        EXPECT_THAT(object, HasSubstr("bpf_prog_second::second"));
    }
    one.reset();
    EXPECT_EQ(registered_objects().size(), 1u);
    two.reset();
    EXPECT_TRUE(registered_objects().empty());
}

TEST(gdb_names, come_and_go_on_several_threads) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([] {
            for (int k = 0; k < 20; ++k) instance_with({.gdb = true});
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(registered_objects().empty());
}

/// What a command prints.
std::string output_of(const std::string& command) {
    std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    std::string output;
    for (int c = 0; pipe && (c = std::fgetc(pipe)) != EOF;) output += static_cast<char>(c);
    if (pipe) pclose(pipe);
    return output;
}

TEST(gdb_names, are_known_to_gdb) {
#if defined(BPFTWIN_EMULATED)
    GTEST_SKIP() << "the program runs in an emulator, which this machine's gdb cannot look into";
#endif
    if (output_of("gdb --version").find("GNU gdb") == std::string::npos)
        GTEST_SKIP() << "no gdb on this machine";
    const std::string output = output_of(
        "ASAN_OPTIONS=detect_leaks=0 gdb -nx -batch"
        " -ex 'set breakpoint pending on' -ex 'break bpf_prog_answer::add_one' -ex run"
        " -ex 'info symbol $pc' -ex continue " BPFTWIN_DEBUGGED);
    if (output.find("ptrace: Operation not permitted") != std::string::npos)
        GTEST_SKIP() << "gdb may not trace here";
    EXPECT_THAT(output, HasSubstr("in bpf_prog_answer::add_one"));
    EXPECT_THAT(output, HasSubstr("bpf_prog_answer::add_one in section .text"));
    EXPECT_THAT(output, HasSubstr("answer: 42"));
}

}  // namespace
}  // namespace bpftwin::test
