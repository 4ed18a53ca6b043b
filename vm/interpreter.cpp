// One handler per row of the instruction table (RFC 9669 sections 4 and 5), meaning taken from
// isa/semantics.h. Each handler ends by jumping to the next one (computed goto), so the processor
// predicts every dispatch separately.
//
// Instructions are counted without counting: `fuel` changes only where control does not fall
// through, by the displacement. At any instruction, fuel - (pc - base) is what may still be
// executed.
#include "vm/interpreter.h"

#include <cstring>

#include "fmt/format.h"
#include "isa/semantics.h"

namespace bpftwin {
namespace {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;

// BPF memory has no alignment of its own: plain accesses go through memcpy, one machine
// instruction. Programs on several threads may race as they may on several CPUs, which is nothing
// that ThreadSanitizer should tell the host about.
#define BPFTWIN_RACY __attribute__((no_sanitize("thread")))

template <class T>
BPFTWIN_RACY T load(u64 address) {
    T value;
    std::memcpy(&value, reinterpret_cast<const void*>(address), sizeof(T));
    return value;
}

template <class T>
BPFTWIN_RACY void store(u64 address, T value) {
    std::memcpy(reinterpret_cast<void*>(address), &value, sizeof(T));
}

#define DST r[pc->dst]
#define SRC r[pc->src]
#define IMM32 static_cast<u32>(pc->imm)
#define IMM64 static_cast<u64>(static_cast<std::int64_t>(pc->imm))
#define DST_AT (DST + static_cast<u64>(pc->off))
#define SRC_AT (SRC + static_cast<u64>(pc->off))

/// What a row that neither jumps nor calls does to registers and memory.
template <Op op>
void step(u64* r, const Code* pc);

/// Whether a conditional jump is taken.
template <Op op>
bool taken(const u64* r, const Code* pc);

#define STEP(id, ...)                                   \
    template <>                                         \
    inline void step<Op::id>(u64 * r, const Code* pc) { \
        __VA_ARGS__;                                    \
    }
#define TAKEN(id, condition)                                  \
    template <>                                               \
    inline bool taken<Op::id>(const u64* r, const Code* pc) { \
        return condition;                                     \
    }
#define ALU(name, ...)                                                                         \
    STEP(name##32_k, DST = semantics::name<u32>(static_cast<u32>(DST), IMM32))                 \
    STEP(name##32_x, DST = semantics::name<u32>(static_cast<u32>(DST), static_cast<u32>(SRC))) \
    STEP(name##64_k, DST = semantics::name<u64>(DST, IMM64))                                   \
    STEP(name##64_x, DST = semantics::name<u64>(DST, SRC))
#define NEG(name, ...)                                                \
    STEP(name##32, DST = semantics::name<u32>(static_cast<u32>(DST))) \
    STEP(name##64, DST = semantics::name<u64>(DST))
#define MOVSX(from, width, ...) \
    STEP(movsx##from##_##width, DST = (semantics::movsx<from, width>(SRC)))
#define CAST(name, ...) STEP(name, DST = semantics::name(SRC))
#define END(name, code, bits, ...) STEP(name##bits, DST = semantics::name<u##bits>(DST))
#define JMP(name, ...)                                                    \
    TAKEN(name##64_k, semantics::name<u64>(DST, IMM64))                   \
    TAKEN(name##64_x, semantics::name<u64>(DST, SRC))                     \
    TAKEN(name##32_k, semantics::name<u32>(static_cast<u32>(DST), IMM32)) \
    TAKEN(name##32_x, semantics::name<u32>(static_cast<u32>(DST), static_cast<u32>(SRC)))
#define LDX(name, code, ctype, ...) STEP(name, DST = load<ctype>(SRC_AT))
#define LDXSX(name, code, ctype, ...) \
    STEP(name, DST = static_cast<u64>(static_cast<std::int64_t>(load<ctype>(SRC_AT))))
#define ST(name, code, ctype, ...) STEP(name, store(DST_AT, static_cast<ctype>(IMM64)))
#define STX(name, code, ctype, ...) STEP(name, store(DST_AT, static_cast<ctype>(SRC)))
#define ATOMIC(name, ...)                                                      \
    STEP(name##32, semantics::name(reinterpret_cast<u32*>(DST_AT), SRC, r[0])) \
    STEP(name##64, semantics::name(reinterpret_cast<u64*>(DST_AT), SRC, r[0]))
#define LOAD_ACQUIRE(name, code, ctype, ...) \
    STEP(name, DST = semantics::load_acquire(reinterpret_cast<const ctype*>(SRC_AT)))
#define STORE_RELEASE(name, code, ctype, ...) \
    STEP(name, semantics::store_release(reinterpret_cast<ctype*>(DST_AT), static_cast<ctype>(SRC)))
#define LDDW(name, ...) \
    STEP(name, DST = IMM32 | static_cast<u64>(static_cast<u32>(pc[1].imm)) << 32)
#include "isa/insns.def"

/// An access that checked mode refused.
struct BadAccess {
    u64 address;
    u32 size;
    bool write;
    bool aligned = true;
};

void stop_at(InterpreterMachine& machine, const BadAccess& access) {
    const char* verb = access.write ? "write" : "read";
    auto bytes = fmt::format("{} byte{}", access.size, access.size == 1 ? "" : "s");
    machine.stop({TrapKind::bad_access,
                  access.aligned ? fmt::format("{} of {} outside the memory the program may {}",
                                               verb, bytes, verb)
                                 : fmt::format("atomic access of {} is not aligned", bytes),
                  access.address, access.size, access.write});
}

/// The loop. Called without a machine it only tells where its handlers are.
template <Mode mode>
u64 loop(InterpreterMachine* machine, const Code* pc, u64* r, const void* const** handler_table) {
    static const void* const labels[step_count] = {
#define ALU(name, ...) &&name##32_k, &&name##32_x, &&name##64_k, &&name##64_x,
#define NEG(name, ...) &&name##32, &&name##64,
#define MOVSX(from, width, ...) &&movsx##from##_##width,
#define CAST(name, ...) &&name,
#define END(name, code, bits, ...) &&name##bits,
#define JMP(name, ...) &&name##64_k, &&name##64_x, &&name##32_k, &&name##32_x,
#define JA(name, ...) &&name,
#define CALL(name, ...) &&name,
#define EXIT(name, ...) &&name,
#define LDX(name, ...) &&name,
#define LDXSX(name, ...) &&name,
#define ST(name, ...) &&name,
#define STX(name, ...) &&name,
#define ATOMIC(name, ...) &&name##32, &&name##64,
#define LOAD_ACQUIRE(name, ...) &&name,
#define STORE_RELEASE(name, ...) &&name,
#define LD_ABS(name, ...) &&name,
#define LD_IND(name, ...) &&name,
#define LDDW(name, ...) &&name,
#include "isa/insns.def"
        &&tail_call,
        &&helper_missing,
        &&end_of_program,
#define PAIR(first, second) &&first##_then_##second,
#define PAIR_BRANCH(first, second) &&first##_then_##second,
#include "vm/pairs.def"
    };
    if (!machine) {
        *handler_table = labels;
        return 0;
    }

    InterpreterMachine& m = *machine;
    const Image* image = m.frame().image;
    const Code* base = image->code();
    std::int64_t fuel = m.fuel + (pc - base);
    const unsigned entry_frame = m.open_frames();
    BadAccess access{};
    u64 address;

// The steps between instructions. All are used below only.
#define DISPATCH()                                                 \
    do {                                                           \
        if constexpr (mode == Mode::observed)                      \
            if (!m.observe(*m.frame().image, pc, r)) goto stopped; \
        goto * pc->handler;                                        \
    } while (false)
#define NEXT()      \
    do {            \
        ++pc;       \
        DISPATCH(); \
    } while (false)
#define JUMP(displacement)                      \
    do {                                        \
        fuel += (displacement);                 \
        pc += (displacement) + std::int64_t{1}; \
        if (fuel < 0) goto out_of_budget;       \
        DISPATCH();                             \
    } while (false)
#define CHECK(at, T, writes)                                      \
    address = (at);                                               \
    if constexpr (mode != Mode::fast) {                           \
        if (!m.allows(address, sizeof(T), writes)) {              \
            if (writes && m.loses_write(address)) NEXT();         \
            access = {address, sizeof(T), writes};                \
            goto bad_access;                                      \
        }                                                         \
        if (writes) m.note_write(address, sizeof(T), *image, pc); \
    }
#define CHECK_ALIGNMENT(T, writes)                        \
    if constexpr (mode != Mode::fast) {                   \
        if (address % sizeof(T) != 0) {                   \
            access = {address, sizeof(T), writes, false}; \
            goto bad_access;                              \
        }                                                 \
    }
// What runs outside this function sees exact numbers.
#define SYNC() m.fuel = fuel - (pc + 1 - base)
#define RESUME() fuel = m.fuel + (pc + 1 - base)

    DISPATCH();

#define PLAIN(id)        \
    id:                  \
    step<Op::id>(r, pc); \
    NEXT();
#define CHECKED(id, at, T, writes) \
    id:                            \
    CHECK(at, T, writes)           \
    step<Op::id>(r, pc);           \
    NEXT();
#define ALIGNED(id, at, T, writes) \
    id:                            \
    CHECK(at, T, writes)           \
    CHECK_ALIGNMENT(T, writes)     \
    step<Op::id>(r, pc);           \
    NEXT();
#define LOAD(id, T)                                 \
    id:                                             \
    address = SRC_AT;                               \
    if constexpr (mode != Mode::fast) {             \
        if (!m.allows(address, sizeof(T), false)) { \
            if (m.reads_zero(address)) {            \
                DST = 0;                            \
                NEXT();                             \
            }                                       \
            access = {address, sizeof(T), false};   \
            goto bad_access;                        \
        }                                           \
    }                                               \
    step<Op::id>(r, pc);                            \
    NEXT();
#define BRANCH(id)                           \
    id:                                      \
    if (taken<Op::id>(r, pc)) JUMP(pc->off); \
    NEXT();
#define PACKET_LOAD(offset, ctype)                     \
    if (!m.load_packet(offset, sizeof(ctype), r[0])) { \
        r[0] = 0;                                      \
        goto exit;                                     \
    }                                                  \
    NEXT();

#define ALU(name, ...) PLAIN(name##32_k) PLAIN(name##32_x) PLAIN(name##64_k) PLAIN(name##64_x)
#define NEG(name, ...) PLAIN(name##32) PLAIN(name##64)
#define MOVSX(from, width, ...) PLAIN(movsx##from##_##width)
#define CAST(name, ...) PLAIN(name)
#define END(name, code, bits, ...) PLAIN(name##bits)
#define JMP(name, ...) BRANCH(name##64_k) BRANCH(name##64_x) BRANCH(name##32_k) BRANCH(name##32_x)
#define LDX(name, code, ctype, ...) LOAD(name, ctype)
#define LDXSX(name, code, ctype, ...) LOAD(name, ctype)
#define ST(name, code, ctype, ...) CHECKED(name, DST_AT, ctype, true)
#define STX(name, code, ctype, ...) CHECKED(name, DST_AT, ctype, true)
#define ATOMIC(name, ...) ALIGNED(name##32, DST_AT, u32, true) ALIGNED(name##64, DST_AT, u64, true)
#define LOAD_ACQUIRE(name, code, ctype, ...) ALIGNED(name, SRC_AT, ctype, false)
#define STORE_RELEASE(name, code, ctype, ...) ALIGNED(name, DST_AT, ctype, true)
#define LD_ABS(name, code, ctype, ...) \
    name:                              \
    PACKET_LOAD(pc->imm, ctype)
#define LD_IND(name, code, ctype, ...) \
    name:                              \
    PACKET_LOAD(static_cast<s32>(static_cast<u32>(SRC) + IMM32), ctype)
#define LDDW(name, ...)    \
    name:                  \
    step<Op::name>(r, pc); \
    ++fuel;                \
    pc += 2;               \
    DISPATCH();
#include "isa/insns.def"

#define PAIR(first, second)                         \
    first##_then_##second : step<Op::first>(r, pc); \
    ++pc;                                           \
    step<Op::second>(r, pc);                        \
    NEXT();
#define PAIR_BRANCH(first, second)                  \
    first##_then_##second : step<Op::first>(r, pc); \
    ++pc;                                           \
    if (taken<Op::second>(r, pc)) JUMP(pc->off);    \
    NEXT();
#include "vm/pairs.def"

ja:
    JUMP(pc->off);
gotol:
    JUMP(pc->imm);
may_goto:
    if (m.frame().may_goto_left == 0) JUMP(pc->off);
    --m.frame().may_goto_left;
    NEXT();

call_helper:
    SYNC();
    r[0] = m.call_helper(IMM32, r, *image, pc);
    if (m.stopped()) goto stopped;
    RESUME();
    NEXT();
call_local: {
    u64 frame_pointer = m.push(*image, pc + 1, r);
    if (frame_pointer == 0) goto stopped;
    r[10] = frame_pointer;
    JUMP(pc->imm);
}
callx: {
    const Image* target = m.image_of(DST);
    if (!target) {
        SYNC();
        r[0] = m.call_helper_by_register(DST, r, *image, pc);
        if (m.stopped()) goto stopped;
        RESUME();
        NEXT();
    }
    SYNC();
    auto function = reinterpret_cast<const Code*>(DST);
    u64 frame_pointer = m.push(*target, pc + 1, r);
    if (frame_pointer == 0) goto stopped;
    r[10] = frame_pointer;
    pc = function;
    goto enter;
}
tail_call: {
    const Image* target = m.tail_call(r);
    if (m.stopped()) goto stopped;
    if (!target) NEXT();
    SYNC();
    m.frame().image = target;
    pc = target->code();
    goto enter;
}
exit:
    if (m.open_frames() == entry_frame) {
        SYNC();
        // Where nothing jumps, nobody looked yet; a helper would call back for ever.
        if (m.fuel < 0) goto out_of_budget;
        return r[0];
    } else {
        SYNC();
        const InterpreterMachine::Frame& frame = m.frame();
        std::memcpy(&r[6], frame.saved.data(), sizeof(frame.saved));
        pc = frame.return_to;
        m.pop();
        r[10] = m.frame_pointer();
    }
enter:  // `pc` is where the innermost frame goes on, m.fuel what is left there.
    image = m.frame().image;
    base = image->code();
    fuel = m.fuel + (pc - base);
    if (m.fuel < 0) goto out_of_budget;
    DISPATCH();

call_kfunc:
    SYNC();
    r[0] = m.call_kfunc(image->kfunc(IMM32), r);
    if (m.stopped()) goto stopped;
    RESUME();
    NEXT();
helper_missing:
    SYNC();
    r[0] = m.call_missing_helper(IMM32, r);
    if (m.stopped()) goto stopped;
    RESUME();
    NEXT();
end_of_program:
    m.stop({TrapKind::bad_instruction, "ran past the last instruction", 0, 0, false});
    goto stopped;
[[maybe_unused]] bad_access:
    stop_at(m, access);
    goto stopped;
out_of_budget:
    m.stop({TrapKind::budget, "the instruction budget is used up", 0, 0, false});
stopped:
    SYNC();
    m.note_place(*image, pc);
    m.unwind(entry_frame);
    return 0;
}

}  // namespace

std::span<const void* const> handlers(Mode mode) {
    const void* const* table = nullptr;
    if (mode == Mode::fast)
        loop<Mode::fast>(nullptr, nullptr, nullptr, &table);
    else if (mode == Mode::checked)
        loop<Mode::checked>(nullptr, nullptr, nullptr, &table);
    else
        loop<Mode::observed>(nullptr, nullptr, nullptr, &table);
    // Pairs do not check: each access has to be seen on its own.
    return {table, mode == Mode::fast ? step_count : single_step_count};
}

template <Mode mode>
u64 interpret(InterpreterMachine& machine, const Code* entry, u64* registers) {
    return loop<mode>(&machine, entry, registers, nullptr);
}
template u64 interpret<Mode::fast>(InterpreterMachine&, const Code*, u64*);
template u64 interpret<Mode::checked>(InterpreterMachine&, const Code*, u64*);
template u64 interpret<Mode::observed>(InterpreterMachine&, const Code*, u64*);

}  // namespace bpftwin
