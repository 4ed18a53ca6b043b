// Messages: what is written is read, and nothing else.
#include "kernel-backend/protocol.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>

namespace bpftwin::kernel {
namespace {

Bytes bytes(std::string_view text) {
    const ByteView view = std::as_bytes(std::span(text));
    return {view.begin(), view.end()};
}

std::vector<Request> one_of_each() {
    return {
        Hello{},
        BpfCall{
            5, bytes("attribute"), {{8, 2, bytes("in"), true, false}, {16, 4096, {}, false, true}}},
        CloseDescriptor{7},
        ReadFile{"/proc/uptime"},
        TakeRingRecords{7, 4096},
        OpenPerfBuffers{7},
        TakePerfRecords{7},
        TakeTrace{},
        OpenModuleTypes{"nf_conntrack"},
        PutRingRecord{7, 4096, bytes("record")},
        MapArena{7, 1ULL << 44, 100, bytes("variables")}};
}

TEST(protocol, every_request_comes_back_as_it_was) {
    const auto requests = one_of_each();
    ASSERT_EQ(requests.size(), std::variant_size_v<Request>);
    for (const Request& request : requests) {
        const auto read = decode_request(encode(request));
        ASSERT_TRUE(read) << request.index();
        EXPECT_EQ(read->index(), request.index());
        EXPECT_EQ(encode(*read), encode(request));
    }
}

TEST(protocol, a_call_keeps_its_pointers) {
    const BpfCall call{
        5, bytes("attr"), {{8, 2, bytes("in"), true, false}, {16, 4096, {}, false, true}}};
    const auto read = decode_request(encode(call));
    ASSERT_TRUE(read);
    const auto& [command, attr, pointers] = std::get<BpfCall>(*read);
    EXPECT_EQ(command, 5);
    EXPECT_EQ(attr, bytes("attr"));
    ASSERT_EQ(pointers.size(), 2u);
    EXPECT_EQ(pointers[0].content, bytes("in"));
    EXPECT_EQ(pointers[1].offset, 16u);
    EXPECT_EQ(pointers[1].size, 4096u);
    EXPECT_TRUE(pointers[0].input);
    EXPECT_FALSE(pointers[0].output);
    EXPECT_TRUE(pointers[1].output);
}

TEST(protocol, a_request_that_is_cut_or_longer_is_an_error) {
    for (const Request& request : one_of_each()) {
        Bytes frame = encode(request);
        for (std::size_t size = 0; size < frame.size(); ++size)
            EXPECT_FALSE(decode_request(ByteView(frame).first(size))) << request.index();
        frame.push_back(std::byte{});
        EXPECT_FALSE(decode_request(frame)) << request.index();
    }
}

TEST(protocol, an_unknown_kind_is_an_error_of_one_line) {
    const auto request = decode_request(Bytes{std::byte{99}});
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().code, EBADMSG);
    EXPECT_FALSE(request.error().message.contains('\n'));
}

TEST(protocol, a_count_without_items_allocates_nothing) {
    Bytes frame = encode(BpfCall{});
    for (std::size_t i = frame.size() - 4; i < frame.size(); ++i) frame[i] = std::byte{0xff};
    EXPECT_FALSE(decode_request(frame));
}

TEST(protocol, any_bytes_are_a_message_or_an_error) {
    std::mt19937 random(1);
    const auto requests = one_of_each();
    for (int i = 0; i < 20'000; ++i) {
        Bytes frame = encode(requests[random() % requests.size()]);
        frame[random() % frame.size()] = static_cast<std::byte>(random());
        const auto request = decode_request(frame);
        EXPECT_TRUE(!request || encode(*request) == frame);
        (void)decode_answer<BpfCall::Answer>(frame);
        (void)decode_answer<std::vector<Kernel::PerfRecord>>(frame);
    }
}

TEST(protocol, an_answer_comes_back_with_its_error) {
    const Result<BpfCall::Answer> answer =
        BpfCall::Answer{fail("Permission denied", EACCES), bytes("attr"), {bytes("log")}};
    const auto read = decode_answer<BpfCall::Answer>(encode_answer(answer));
    ASSERT_TRUE(read);
    ASSERT_TRUE(*read);
    EXPECT_EQ((*read)->result.error().code, EACCES);
    EXPECT_EQ((*read)->result.error().message, "Permission denied");
    EXPECT_EQ((*read)->outputs, std::vector<Bytes>{bytes("log")});
}

TEST(protocol, a_refusal_is_read_as_any_answer) {
    const Bytes frame = encode_answer(Result<Nothing>(fail("no", ENOENT)));
    const auto records = decode_answer<std::vector<Kernel::PerfRecord>>(frame);
    ASSERT_TRUE(records);
    EXPECT_EQ(records->error().code, ENOENT);
}

TEST(protocol, perf_records_come_back_with_their_cpu) {
    const Result<std::vector<Kernel::PerfRecord>> answer =
        std::vector<Kernel::PerfRecord>{{3, bytes("sample")}};
    const auto read = decode_answer<std::vector<Kernel::PerfRecord>>(encode_answer(answer));
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->at(0).cpu, 3u);
    EXPECT_EQ((*read)->at(0).data, bytes("sample"));
}

TEST(protocol, zeros_at_the_end_are_trimmed) {
    EXPECT_EQ(trimmed(bytes(std::string_view("a\0b\0\0", 5))).size(), 3u);
    EXPECT_TRUE(trimmed(Bytes(10)).empty());
}

}  // namespace
}  // namespace bpftwin::kernel
