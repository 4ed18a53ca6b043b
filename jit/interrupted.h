// The thread that a signal interrupted while it ran machine code. One table per target says where
// the signal's context has the registers of BPF; it mirrors jit/x86_64/emitter.h and
// jit/arm64/emitter.cpp.
#pragma once

#include <ucontext.h>

#include <cstdint>

#include "jit/state.h"

namespace bpftwin::jit {

#if defined(__x86_64__)

class Interrupted {
public:
    explicit Interrupted(void* context)
        : registers_(static_cast<ucontext_t*>(context)->uc_mcontext.gregs) {}

    [[nodiscard]] std::uint64_t pc() const { return unsigned_value(REG_RIP); }
    void continue_at(std::uint64_t pc) { registers_[REG_RIP] = static_cast<greg_t>(pc); }
    /// The value of r0 to r10.
    [[nodiscard]] std::uint64_t reg(unsigned bpf) const { return unsigned_value(places[bpf]); }
    void set_reg(unsigned bpf, std::uint64_t value) {
        registers_[places[bpf]] = static_cast<greg_t>(value);
    }
    /// Whether the access was a write.
    [[nodiscard]] bool wrote() const {
        constexpr std::uint64_t write = 2;  // Of a page fault's error code.
        return (unsigned_value(REG_ERR) & write) != 0;
    }
    /// Leaves the machine of `state` as a trap does.
    void leave(const State& state) {
        constexpr greg_t direction = 1 << 10;  // Copying functions set it; callers want it clear.
        registers_[REG_EFL] &= ~direction;
        registers_[REG_R12] = reinterpret_cast<greg_t>(&state);
        continue_at(reinterpret_cast<std::uint64_t>(state.exit));
    }

private:
    static constexpr int places[] = {REG_RAX, REG_RSI, REG_RDX, REG_RCX, REG_R8, REG_R9,
                                     REG_RBX, REG_R13, REG_R14, REG_R15, REG_RBP};

    [[nodiscard]] std::uint64_t unsigned_value(int place) const {
        return static_cast<std::uint64_t>(registers_[place]);
    }

    greg_t* registers_;
};

#elif defined(__aarch64__)

class Interrupted {
public:
    explicit Interrupted(void* context)
        : context_(static_cast<ucontext_t*>(context)->uc_mcontext) {}

    [[nodiscard]] std::uint64_t pc() const { return context_.pc; }
    void continue_at(std::uint64_t pc) { context_.pc = pc; }
    /// The value of r0 to r10.
    [[nodiscard]] std::uint64_t reg(unsigned bpf) const { return context_.regs[places[bpf]]; }
    void set_reg(unsigned bpf, std::uint64_t value) { context_.regs[places[bpf]] = value; }
    /// Whether the access was a write. Not every emulator says so.
    [[nodiscard]] bool wrote() const {
        constexpr std::uint64_t write = 1 << 6;  // WnR of a data abort's syndrome (ESR_EL1).
        const auto* record = reinterpret_cast<const _aarch64_ctx*>(&context_.__reserved);
        for (; record->magic != 0 && record->magic != ESR_MAGIC; record = behind(record)) {
        }
        return record->magic == ESR_MAGIC &&
               (reinterpret_cast<const esr_context*>(record)->esr & write) != 0;
    }
    /// Leaves the machine of `state` as a trap does.
    void leave(const State& state) {
        constexpr unsigned state_register = 26;
        context_.regs[state_register] = reinterpret_cast<std::uint64_t>(&state);
        continue_at(reinterpret_cast<std::uint64_t>(state.exit));
    }

private:
    static constexpr unsigned places[] = {0, 1, 2, 3, 4, 5, 19, 20, 21, 22, 25};

    static const _aarch64_ctx* behind(const _aarch64_ctx* record) {
        return reinterpret_cast<const _aarch64_ctx*>(reinterpret_cast<const char*>(record) +
                                                     record->size);
    }

    mcontext_t& context_;
};

#else

/// There is no machine code to interrupt here.
class Interrupted {
public:
    explicit Interrupted(void*) {}

    [[nodiscard]] std::uint64_t pc() const { return 0; }
    void continue_at(std::uint64_t) {}
    [[nodiscard]] std::uint64_t reg(unsigned) const { return 0; }
    void set_reg(unsigned, std::uint64_t) {}
    [[nodiscard]] bool wrote() const { return false; }
    void leave(const State&) {}
};

#endif

}  // namespace bpftwin::jit
