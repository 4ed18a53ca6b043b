// Programs written in C++ are the ones that their text says.
#include "isa/builder.h"

#include <gtest/gtest.h>

#include "isa/assembler.h"
#include "isa/decode.h"

namespace bpftwin {
namespace {

using namespace build;

std::vector<Insn> text(std::string_view lines) { return *assemble(lines); }

TEST(builder, resolves_labels_in_both_directions) {
    auto program = build::program({
        mov(r0, 0),
        label("again"),
        add(r0, 1),
        jlt(r0, 10, "again"),
        lddw(r2, 0x1122334455667788),
        jeq32(r2, r0, "out"),
        call_local("function"),
        ja("out"),
        label("function"),
        build::exit(),
        label("out"),
        gotol("function"),
    });
    EXPECT_EQ(program, text(R"(
        r0 = 0
      again:
        r0 += 1
        if r0 < 10 goto again
        r2 = 0x1122334455667788 ll
        if w2 == w0 goto out
        call function
        goto out
      function:
        exit
      out:
        gotol function
    )"));
    EXPECT_TRUE(validate(program));
}

TEST(builder, has_a_function_for_each_family) {
    auto program = build::program({
        sub32(r1, r2),
        neg(r1),
        movsx8_64(r1, r2),
        addr_space_cast(r1, r2, 0, 1),
        be16(r1),
        jset(r1, 4, 1),
        may_goto(0),
        ldxw(r1, r2, 4),
        ldxsb(r1, r2, -1),
        stw(r10, -4, 7),
        stxdw(r10, -8, r1),
        atomic_fetch_add64(r1, 0, r2),
        load_acquire_b(r1, r2, 0),
        store_release_dw(r1, 8, r2),
        ld_abs_b(3),
        ld_ind_h(r7, 3),
        call(5),
        call_kfunc(9, 1),
        callx(r2),
        lddw_map(r1, 3),
        lddw_map_value(r1, 3, 8),
        build::exit(),
    });
    EXPECT_EQ(program, text(R"(
        w1 -= w2
        r1 = -r1
        r1 = (s8)r2
        r1 = addr_space_cast(r2, 0, 1)
        r1 = be16 r1
        if r1 & 4 goto pc+1
        may_goto pc+0
        r1 = *(u32 *)(r2 +4)
        r1 = *(s8 *)(r2 -1)
        *(u32 *)(r10 -4) = 7
        *(u64 *)(r10 -8) = r1
        r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)
        r1 = load_acquire((u8 *)(r2 +0))
        store_release((u64 *)(r1 +8), r2)
        r0 = *(u8 *)skb[3]
        r0 = *(u16 *)skb[r7 + 3]
        call 5
        call kernel-function#9[1]
        callx r2
        r1 = map[fd:3]
        r1 = map[fd:3][0]+8
        exit
    )"));
}

TEST(builder, is_usable_at_compile_time) {
    static_assert(mov(r1, 5) == insn(Op::mov64_k, {.dst = 1, .imm = 5}));
    static_assert(lddw(r1, 1)[1] == second_slot(0));
    static_assert(bswap32(r1).imm == 32);
    static_assert(gotol(70000).imm == 70000 && ja(-3).off == -3);
}

TEST(builder, ends_at_a_missing_or_double_label) {
    EXPECT_DEATH(build::program({ja("nowhere")}), "label nowhere is not defined");
    EXPECT_DEATH(build::program({label("a"), label("a")}), "label a is defined twice");
}

TEST(aim, refuses_what_does_not_fit) {
    Insn jump = insn(Op::ja, {.off = 7});
    EXPECT_FALSE(aim(jump, Op::ja, 32768));
    EXPECT_FALSE(aim(jump, Op::ja, -32769));
    EXPECT_EQ(jump.off, 7);
    EXPECT_TRUE(aim(jump, Op::ja, -32768));
    EXPECT_EQ(jump.off, -32768);
    Insn call = insn(Op::call_local);
    EXPECT_TRUE(aim(call, Op::call_local, 32768));
    EXPECT_FALSE(aim(call, Op::call_local, std::int64_t{1} << 31));
}

}  // namespace
}  // namespace bpftwin
