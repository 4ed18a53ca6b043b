// Kernels in virtual machines, as scripts/kernels downloads them.
#include "kernel-backend/vm.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "isa/builder.h"
#include "kernel-backend/attribute.h"
#include "kernel-backend/images.h"
#include "tests/kernel-backend/machine.h"
#include "tests/support/compile.h"

namespace bpftwin::kernel {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

Result<Descriptor> ring_buffer(Kernel& kernel, std::uint32_t size) {
    Attribute create;
    create->map_type = BPF_MAP_TYPE_RINGBUF;
    create->max_entries = size;
    auto map = create.call(kernel, BPF_MAP_CREATE);
    if (!map) return std::unexpected(map.error());
    return Descriptor(kernel, *map);
}

/// @param log where the verifier writes.
Result<Descriptor> load(Kernel& kernel, const std::vector<Insn>& insns, std::span<std::byte> log) {
    constexpr char license[] = "GPL";
    Attribute load;
    load->prog_type = BPF_PROG_TYPE_SCHED_CLS;
    load->insn_cnt = static_cast<std::uint32_t>(insns.size());
    load->log_level = 1;
    load->log_size = static_cast<std::uint32_t>(log.size());
    load.input(load->insns, std::as_bytes(std::span(insns)));
    load.input(load->license, std::as_bytes(std::span(license)));
    load.output(load->log_buf, log);
    auto program = load.call(kernel, BPF_PROG_LOAD);
    if (!program) return std::unexpected(program.error());
    return Descriptor(kernel, *program);
}

/// @return what the program returned.
Result<std::uint32_t> run(Kernel& kernel, const Descriptor& program) {
    const std::array<std::byte, 64> packet{};
    Attribute run;
    run->test.prog_fd = static_cast<std::uint32_t>(program.number());
    run->test.data_size_in = packet.size();
    run.input(run->test.data_in, packet);
    auto done = run.call(kernel, BPF_PROG_TEST_RUN);
    if (!done) return std::unexpected(done.error());
    return run->test.retval;
}

class Vm : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        if (const std::string why = obstacle(GetParam()); !why.empty()) GTEST_SKIP() << why;
        auto booted = boot_kernel(GetParam());
        ASSERT_TRUE(booted) << booted.error().message;
        kernel_ = std::move(*booted);
    }
    Bytes log_ = Bytes(65536);
    std::unique_ptr<Kernel> kernel_;
};

TEST_P(Vm, is_the_kernel_that_was_asked_for_and_shows_its_types) {
    EXPECT_THAT(kernel_->release(), StartsWith(GetParam()));
    EXPECT_EQ(kernel_->cpu_count(), 1u);
    const auto types = kernel_->read_file("/sys/kernel/btf/vmlinux");
    ASSERT_TRUE(types) << types.error().message;
    EXPECT_GT(types->size(), 1'000'000u);
    EXPECT_EQ(types->at(0), std::byte{0x9f});
    EXPECT_EQ(kernel_->read_file("/no/such/file").error().code, ENOENT);
}

TEST_P(Vm, tells_why_a_program_is_rejected) {
    const auto program =
        load(*kernel_, build::program({mov(build::r0, build::r3), build::exit()}), log_);
    ASSERT_FALSE(program);
    EXPECT_EQ(program.error().code, EACCES);
    EXPECT_THAT(reinterpret_cast<const char*>(log_.data()), HasSubstr("R3 !read_ok"));
}

/// Writes a record of eight bytes to the ring buffer and a line to the trace.
std::vector<Insn> writer(int map) {
    using namespace build;
    constexpr int ringbuf_output = BPF_FUNC_ringbuf_output;
    constexpr int trace_printk = BPF_FUNC_trace_printk;
    constexpr int hey = 0x00796568;  // "hey" in memory, with its end.
    return program({stdw(r10, -8, 42), lddw_map(r1, map), mov(r2, r10), add(r2, -8), mov(r3, 8),
                    mov(r4, 0), call(ringbuf_output),  //
                    stw(r10, -16, hey), mov(r1, r10), add(r1, -16), mov(r2, 4), call(trace_printk),
                    mov(r0, 7), build::exit()});
}

TEST_P(Vm, a_ring_buffer_record_and_a_trace_line_come_out) {
    constexpr std::uint32_t size = 4096;
    const auto map = ring_buffer(*kernel_, size);
    ASSERT_TRUE(map) << map.error().message;
    const auto program = load(*kernel_, writer(map->number()), log_);
    ASSERT_TRUE(program) << program.error().message;
    EXPECT_EQ(run(*kernel_, *program), 7u);
    Bytes record(8);
    record[0] = std::byte{42};
    EXPECT_EQ(kernel_->take_ring_records(map->number(), size), std::vector<Bytes>{record});
    EXPECT_EQ(kernel_->take_ring_records(map->number(), size), std::vector<Bytes>{});
    EXPECT_EQ(kernel_->take_trace(), std::vector<std::string>{"hey"});
}

TEST_P(Vm, a_perf_buffer_record_comes_out) {
    Attribute create;
    create->map_type = BPF_MAP_TYPE_PERF_EVENT_ARRAY;
    create->key_size = create->value_size = 4;
    create->max_entries = kernel_->cpu_count();
    const auto number = create.call(*kernel_, BPF_MAP_CREATE);
    ASSERT_TRUE(number) << number.error().message;
    const Descriptor map(*kernel_, *number);
    const auto opened = kernel_->open_perf_buffers(*number);
    ASSERT_TRUE(opened) << opened.error().message;
    using namespace build;
    const auto program = load(
        *kernel_,
        build::program({stdw(r10, -8, 42), lddw_map(r2, *number), mov32(r3, -1), mov(r4, r10),
                        add(r4, -8), mov(r5, 8), call(BPF_FUNC_perf_event_output), build::exit()}),
        log_);
    ASSERT_TRUE(program) << program.error().message;
    EXPECT_EQ(run(*kernel_, *program), 0u);
    const auto records = kernel_->take_perf_records(*number);
    ASSERT_TRUE(records) << records.error().message;
    ASSERT_EQ(records->size(), 1u);
    EXPECT_EQ(records->at(0).data.at(0), std::byte{42});
}

INSTANTIATE_TEST_SUITE_P(debian, Vm, testing::ValuesIn(machine_versions), [](const auto& version) {
    std::string name = version.param;
    std::ranges::replace(name, '.', '_');
    return name;
});

/// The tests below do with one kernel.
constexpr const char* one = "6.12";

TEST(vm, one_that_hangs_is_killed_and_says_so_afterwards) {
    if (const std::string why = obstacle(one); !why.empty()) GTEST_SKIP() << why;
    auto kernel = boot_kernel(one, {.boot = 60s, .request = 1500ms});
    ASSERT_TRUE(kernel) << kernel.error().message;
    const auto endless = (*kernel)->read_file("/proc/kmsg");  // Waits for more at its end.
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().code, ETIMEDOUT);
    EXPECT_THAT(endless.error().message, HasSubstr("no answer within 1500 ms"));
    EXPECT_EQ((*kernel)->alive().error().message, endless.error().message);
}

TEST(vm, one_that_boots_too_slowly_is_an_error) {
    if (const std::string why = obstacle(one); !why.empty()) GTEST_SKIP() << why;
    const auto kernel = boot_kernel(one, {.boot = 100ms, .request = 60s});
    ASSERT_FALSE(kernel);
    EXPECT_THAT(kernel.error().message, HasSubstr("not up within 100 ms"));
}

TEST(vm, what_is_no_kernel_is_an_error_with_qemus_reason) {
    if (const std::string why = obstacle(one); !why.empty()) GTEST_SKIP() << why;
    const test::TemporaryFolder temporary;
    const fs::path path = fs::path(temporary.path()) / "vmlinuz";
    std::ofstream(path) << "no kernel";
    const auto kernel = boot_kernel(path.string());
    ASSERT_FALSE(kernel);
    EXPECT_THAT(kernel.error().message, HasSubstr("the machine died while it booted"));
    EXPECT_THAT(kernel.error().message, HasSubstr("qemu:"));
    EXPECT_FALSE(kernel.error().message.contains('\n'));
}

/// What /proc says of a process: 'R', 'S', 'Z'…; 0 where there is none.
char state_of(int process) {
    std::ifstream in("/proc/" + std::to_string(process) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto end = text.rfind(')');
    return end == std::string::npos ? '\0' : text.at(end + 2);
}

/// The only child of a process, or 0.
int child_of(int process) {
    const std::string number = std::to_string(process);
    int child = 0;
    std::ifstream("/proc/" + number + "/task/" + number + "/children") >> child;
    return child;
}

bool is_qemu(int process) {
    std::ifstream in("/proc/" + std::to_string(process) + "/comm");
    std::string name;
    return in >> name && name.starts_with("qemu");
}

/// Waits until `done`, at most some seconds.
bool comes_true(const std::function<bool()>& done) {
    for (int i = 0; i < 1000 && !done(); ++i) std::this_thread::sleep_for(10ms);
    return done();
}

TEST(vm, it_ends_when_its_process_is_killed) {
    if (const std::string why = obstacle(one); !why.empty()) GTEST_SKIP() << why;
    const pid_t process = fork();
    if (process == 0) {
        const auto kernel = boot_kernel(one);
        pause();
    }
    int machine = 0;
    ASSERT_TRUE(comes_true([&] { return is_qemu(machine = child_of(process)); }));
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
    EXPECT_TRUE(comes_true([&] { return state_of(machine) == '\0' || state_of(machine) == 'Z'; }));
}

TEST(vm, it_ends_with_its_kernel) {
    if (const std::string why = obstacle(one); !why.empty()) GTEST_SKIP() << why;
    auto kernel = boot_kernel(one);
    ASSERT_TRUE(kernel) << kernel.error().message;
    const int machine = child_of(getpid());
    ASSERT_NE(machine, 0);
    kernel->reset();
    EXPECT_EQ(state_of(machine), '\0');
}

/// A copy of the image, with the modules that a machine may need, which everybody can read.
fs::path public_copy(const Image& image) {
    const fs::path folder = fs::path(testing::TempDir()) / "vm_test_public_copy";
    fs::remove_all(folder);
    for (const char* drivers : {"kernel/drivers/virtio", "kernel/drivers/char"}) {
        const fs::path from = fs::path(image.modules) / drivers;
        fs::create_directories(folder / "modules" / drivers);
        if (fs::exists(from))
            fs::copy(from, folder / "modules" / drivers, fs::copy_options::recursive);
    }
    fs::copy_file(image.path, folder / "vmlinuz");
    return folder;
}

TEST(vm, takes_no_privilege) {
    if (const std::string why = obstacle("6.1"); !why.empty()) GTEST_SKIP() << why;
    if (geteuid() != 0) GTEST_SKIP() << "no root here: the other tests show it";
    constexpr uid_t nobody = 65534;
    const fs::path copy = public_copy(*find_image("6.1"));
    const pid_t process = fork();
    if (process == 0) {
        const bool dropped =
            setgroups(0, nullptr) == 0 && setgid(nobody) == 0 && setuid(nobody) == 0;
        auto kernel = boot_kernel((copy / "vmlinuz").string());
        if (!kernel) std::fprintf(stderr, "%s\n", kernel.error().message.c_str());
        _exit(dropped && kernel && (*kernel)->alive() ? 0 : 1);
    }
    int status = -1;
    waitpid(process, &status, 0);
    EXPECT_EQ(status, 0);
    fs::remove_all(copy);
}

}  // namespace
}  // namespace bpftwin::kernel
