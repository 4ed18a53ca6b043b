// A kernel asked by messages, against one that is asked directly.
#include "kernel-backend/remote.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernel-backend/attribute.h"
#include "kernel-backend/protocol.h"
#include "kernel-backend/service.h"

namespace bpftwin::kernel {
namespace {

Bytes bytes(std::string_view text) {
    const ByteView view = std::as_bytes(std::span(text));
    return {view.begin(), view.end()};
}

/// Shows what it is asked.
class FakeKernel final : public Kernel {
public:
    Result<int> bpf(int command, std::span<std::byte> attr,
                    std::span<const Pointer> pointers) override {
        for (const Pointer& pointer : pointers) {
            std::memset(&attr[pointer.offset], 0xee, 8);  // An address of the other side.
            if (pointer.input) seen.assign(pointer.bytes.begin(), pointer.bytes.end());
            std::ranges::fill(pointer.bytes, std::byte{});
            std::memcpy(pointer.bytes.data(), "log", 3);
        }
        attr[0] = std::byte{42};
        if (command == BPF_PROG_LOAD) return fail("Permission denied", EACCES);
        return command;
    }
    void close(int descriptor) override { closed = descriptor; }
    Result<Bytes> read_file(const std::string& path) override {
        if (path == "long") return Bytes(std::size_t{65} << 20);
        return bytes(path);
    }
    [[nodiscard]] const std::string& release() const override { return name; }
    [[nodiscard]] std::uint32_t cpu_count() const override { return 3; }
    Result<std::vector<Bytes>> take_ring_records(int map, std::uint32_t size) override {
        return std::vector<Bytes>{Bytes(size, static_cast<std::byte>(map))};
    }
    Result<void> put_ring_record(int map, std::uint32_t size, ByteView record) override {
        if (record.size() > size) return fail("too large", E2BIG);
        put = {map, Bytes(record.begin(), record.end())};
        return {};
    }
    Result<void> map_arena(int map, std::uint64_t address, std::uint32_t pages,
                           ByteView contents) override {
        mapped = {map, address, pages, Bytes(contents.begin(), contents.end())};
        return {};
    }
    Result<void> open_perf_buffers(int map) override {
        if (map != 7) return fail("Bad file descriptor", EBADF);
        return {};
    }
    Result<std::vector<PerfRecord>> take_perf_records(int map) override {
        return std::vector<PerfRecord>{{static_cast<std::uint32_t>(map), bytes("sample")}};
    }
    Result<std::vector<std::string>> take_trace() override {
        return std::vector<std::string>{name};
    }

    std::string name = "9.9";
    Bytes seen;
    int closed = -1;
    std::pair<int, Bytes> put;
    std::tuple<int, std::uint64_t, std::uint32_t, Bytes> mapped;
};

struct DirectPeer final : Peer {
    explicit DirectPeer(FakeKernel& asked) : kernel(asked) {}
    Result<Bytes> ask(ByteView request) override { return serve(kernel, request); }
    FakeKernel& kernel;
};

class Remote : public testing::Test {
protected:
    FakeKernel fake;
    std::unique_ptr<Kernel> kernel = *remote_kernel(std::make_unique<DirectPeer>(fake));
};

TEST_F(Remote, tells_release_and_cpus) {
    EXPECT_EQ(kernel->release(), "9.9");
    EXPECT_EQ(kernel->cpu_count(), 3u);
    EXPECT_TRUE(kernel->alive());
}

TEST_F(Remote, a_call_brings_inputs_there_and_outputs_back) {
    Bytes log(100, std::byte{1});
    const Bytes program = bytes("program");
    Attribute load;
    load.input(load->insns, program);
    load.output(load->log_buf, log);
    const auto result = load.call(*kernel, BPF_PROG_LOAD);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, EACCES);
    EXPECT_EQ(fake.seen, program);
    EXPECT_EQ(std::memcmp(log.data(), "log", 3), 0);
    EXPECT_EQ(load->prog_type, 42u);
}

TEST_F(Remote, what_is_read_and_written_comes_back_whole) {
    Bytes value(8, std::byte{9});
    const Bytes before = value;
    Attribute lookup;
    lookup.input(lookup->value, value, true);
    EXPECT_EQ(lookup.call(*kernel, BPF_MAP_LOOKUP_ELEM), int{BPF_MAP_LOOKUP_ELEM});
    EXPECT_EQ(fake.seen, before);
    EXPECT_EQ(value, bytes(std::string_view("log\0\0\0\0\0", 8)));
}

TEST_F(Remote, what_is_only_read_stays) {
    Bytes key = bytes(std::string_view("key\0", 4));
    Attribute lookup;
    lookup.input(lookup->key, key);
    ASSERT_TRUE(lookup.call(*kernel, BPF_MAP_LOOKUP_ELEM));
    EXPECT_EQ(fake.seen, key);
    EXPECT_EQ(key, bytes(std::string_view("key\0", 4)));
}

TEST_F(Remote, pointers_in_the_attribute_stay_those_of_this_side) {
    const Bytes program = bytes("program");
    Attribute load;
    load.input(load->insns, program);
    (void)load.call(*kernel, BPF_PROG_LOAD);
    EXPECT_EQ(load->insns, 0u);
}

TEST_F(Remote, every_other_question_is_answered) {
    kernel->close(5);
    EXPECT_EQ(fake.closed, 5);
    EXPECT_EQ(kernel->read_file("/proc/uptime"), bytes("/proc/uptime"));
    EXPECT_EQ(kernel->take_ring_records(1, 4)->at(0), Bytes(4, std::byte{1}));
    EXPECT_TRUE(kernel->put_ring_record(3, 4, bytes("abcd")));
    EXPECT_EQ(fake.put, std::pair(3, bytes("abcd")));
    EXPECT_EQ(kernel->put_ring_record(3, 4, bytes("abcde")).error().code, E2BIG);
    EXPECT_TRUE(kernel->map_arena(3, 1ULL << 44, 2, bytes("abc")));
    EXPECT_EQ(fake.mapped, std::tuple(3, 1ULL << 44, 2u, bytes("abc")));
    EXPECT_TRUE(kernel->open_perf_buffers(7));
    EXPECT_EQ(kernel->open_perf_buffers(8).error().code, EBADF);
    EXPECT_EQ(kernel->take_perf_records(2)->at(0).cpu, 2u);
    EXPECT_EQ(kernel->take_trace()->at(0), "9.9");
}

TEST_F(Remote, what_does_not_fit_into_a_message_is_an_error_of_this_call_only) {
    EXPECT_EQ(kernel->read_file("long").error().code, EFBIG);
    EXPECT_EQ(kernel->read_file(std::string(std::size_t{65} << 20, 'x')).error().code, E2BIG);
    EXPECT_TRUE(kernel->alive());
}

TEST(service, refuses_a_pointer_outside_of_the_attribute) {
    FakeKernel fake;
    const BpfCall call{0, Bytes(16), {{12, 8, {}, false, true}}};
    const auto answer = decode_answer<BpfCall::Answer>(serve(fake, encode(call)));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error().code, EINVAL);
}

TEST(service, refuses_more_content_than_memory) {
    FakeKernel fake;
    const BpfCall call{0, Bytes(16), {{0, 3, bytes("content"), true, false}}};
    const auto answer = decode_answer<BpfCall::Answer>(serve(fake, encode(call)));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error().code, EINVAL);
}

TEST(service, refuses_more_output_than_a_message_holds) {
    FakeKernel fake;
    const BpfCall call{
        0, Bytes(64), {{0, 0xffffffff, {}, false, true}, {8, 0xffffffff, {}, false, true}}};
    const auto answer = decode_answer<BpfCall::Answer>(serve(fake, encode(call)));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error().code, E2BIG);
}

TEST(service, answers_nonsense_with_an_error) {
    FakeKernel fake;
    const auto answer = decode_answer<Nothing>(serve(fake, bytes("nonsense")));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error().code, EBADMSG);
}

/// Greets well, then answers with the same frame again and again.
struct BrokenPeer final : Peer {
    explicit BrokenPeer(Bytes frame) : answer(std::move(frame)) {}
    Result<Bytes> ask(ByteView /*request*/) override {
        if (std::exchange(greeted, true)) return answer;
        return encode_answer(Result<Hello::Answer>(Hello::Answer{"9.9", 1}));
    }
    Bytes answer;
    bool greeted = false;
};

std::unique_ptr<Kernel> broken(Bytes answer) {
    return *remote_kernel(std::make_unique<BrokenPeer>(std::move(answer)));
}

TEST(remote, a_peer_that_answers_nonsense_is_given_up) {
    const auto kernel = broken(bytes("nonsense"));
    const auto file = kernel->read_file("/proc/uptime");
    ASSERT_FALSE(file);
    EXPECT_EQ(kernel->alive().error().message, file.error().message);
}

TEST(remote, outputs_that_were_not_asked_for_are_nonsense) {
    Bytes small(4);
    const BpfCall::Answer too_large{0, Bytes(sizeof(bpf_attr)), {Bytes(5, std::byte{1})}};
    const auto kernel = broken(encode_answer(Result<BpfCall::Answer>(too_large)));
    Attribute lookup;
    lookup.output(lookup->value, small);
    EXPECT_EQ(lookup.call(*kernel, BPF_MAP_LOOKUP_ELEM).error().code, EBADMSG);
    EXPECT_FALSE(kernel->alive());
}

}  // namespace
}  // namespace bpftwin::kernel
