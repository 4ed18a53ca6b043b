// Dynptrs that no verifier saw: whatever stands where one should be, the program is stopped.
#include <array>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "helpers/dynptr.h"
#include "helpers/kfuncs.h"
#include "tests/helpers/calling.h"

namespace bpftwin {
namespace {

using testing::HasSubstr;

/// Memory and a dynptr of a program's.
struct Shown {
    alignas(8) std::array<std::uint8_t, 32> memory{};
    Dynptr dynptr;

    explicit Shown(Caller& caller) { caller.show(this, sizeof *this); }
    [[nodiscard]] std::uint64_t data() const {
        return reinterpret_cast<std::uint64_t>(memory.data());
    }
};

TEST(dynptr_calls, a_dynptr_of_foreign_memory_stops_the_program) {
    Caller call;
    Shown shown(call);
    std::uint64_t foreign = 0;
    std::uint64_t out = 1;
    shown.dynptr =
        dynptr_over(reinterpret_cast<std::uint64_t>(&foreign), DynptrType::local, 8, false);
    call("dynptr_read", &out, 8, &shown.dynptr, 0, 0);
    EXPECT_THAT(call.stop_reason(), HasSubstr("there is no dynptr at"));
    EXPECT_EQ(out, 1);
}

TEST(dynptr_calls, a_dynptr_longer_than_its_memory_stops_the_program) {
    Caller call;
    Shown shown(call);
    shown.dynptr = dynptr_over(shown.data(), DynptrType::local, 1000, false);
    call("dynptr_data", &shown.dynptr, 900, 1);
    EXPECT_THAT(call.stop_reason(), HasSubstr("there is no dynptr at"));
}

TEST(dynptr_calls, a_number_that_is_no_type_stops_the_program) {
    Caller call;
    Shown shown(call);
    for (const unsigned type : {0U, 5U, 6U, 7U}) {
        Caller other;
        Shown bad(other);
        bad.dynptr = dynptr_over(bad.data(), static_cast<DynptrType>(type), 8, false);
        other("dynptr_write", &bad.dynptr, 0, &type, 4, 0);
        EXPECT_THAT(other.stop_reason(), HasSubstr("there is no dynptr at")) << type;
    }
}

TEST(dynptr_calls, a_dynptr_of_a_packet_needs_a_packet) {
    Caller call(ProgType::syscall);
    Shown shown(call);
    shown.dynptr = dynptr_over(call.ctx(), DynptrType::skb, 8, false);
    call("dynptr_write", &shown.dynptr, 0, shown.memory.data(), 4, 0);
    EXPECT_THAT(call.stop_reason(), HasSubstr("there is no dynptr at"));
}

TEST(dynptr_calls, a_record_that_nobody_reserved_cannot_be_submitted) {
    Caller call;
    Shown shown(call);
    shown.dynptr = dynptr_over(shown.data(), DynptrType::ringbuf, 8, false);
    call("ringbuf_submit_dynptr", &shown.dynptr, 0);
    EXPECT_THAT(call.stop_reason(), HasSubstr("is no record that is reserved now"));
}

TEST(dynptr_calls, memory_is_not_submitted) {
    Caller call;
    Shown shown(call);
    EXPECT_EQ(call("dynptr_from_mem", shown.memory.data(), 32, 0, &shown.dynptr), 0);
    call("ringbuf_discard_dynptr", &shown.dynptr, 0);
    EXPECT_THAT(call.stop_reason(), HasSubstr("is of no ring buffer record"));
}

TEST(dynptr_calls, there_must_be_room_for_a_dynptr) {
    Caller call;
    Shown shown(call);
    std::uint64_t nowhere[2];
    call("dynptr_from_mem", shown.memory.data(), 32, 0, nowhere);
    EXPECT_THAT(call.stop_reason(), HasSubstr("no room for a dynptr"));
}

TEST(dynptr_calls, what_the_packet_has_lost_is_not_there) {
    Caller call(ProgType::sched_cls, counting_frame(64));
    Shown shown(call);
    shown.dynptr = dynptr_over(call.ctx(), DynptrType::skb, 64, false);
    EXPECT_EQ(call("skb_change_tail", call.ctx(), 40, 0), 0);
    std::uint64_t out = 0;
    EXPECT_EQ(call("dynptr_read", &out, 8, &shown.dynptr, 40, 0), -EFAULT);
    const Kfunc* slice = kfunc_named("bpf_dynptr_slice");
    EXPECT_EQ(slice->function(call.program(), reinterpret_cast<std::uint64_t>(&shown.dynptr), 40, 0,
                              8, 0),
              0U);
    EXPECT_EQ(call.stop_reason(), "");
}

}  // namespace
}  // namespace bpftwin
