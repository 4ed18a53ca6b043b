// The verifier's log, in the kernel's format (kernel/bpf/log.c).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bpftwin/spec.h"
#include "verifier/maps.h"
#include "verifier/object_types.h"
#include "verifier/state.h"

namespace bpftwin::verifier {

class Log {
public:
    /// Bits of the level.
    static constexpr std::uint32_t states = 1, instructions = 2, numbers = 4;

    Log(const ObjectSpec& object, const ProgramSpec& program, const std::vector<Map>& maps,
        const ObjectTypes& types, std::uint32_t level)
        : object_(object), program_(program), maps_(maps), types_(types), level_(level) {}

    /// Whether more than rejections is written down.
    [[nodiscard]] bool is_on() const { return (level_ & (states | instructions)) != 0; }
    [[nodiscard]] bool has_every_path() const { return (level_ & instructions) != 0; }
    [[nodiscard]] bool has_numbers() const { return (level_ & numbers) != 0; }

    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::size_t size() const { return text_.size(); }
    void cut(std::size_t size) { text_.resize(size); }
    void add(std::string_view text) { text_ += text; }
    void line(std::string_view text);
    /// Whether the last full line is all that there is to say of a rejection.
    [[nodiscard]] std::string last_line() const;

    /// "; the line of C @ file.c:12", unless the previous one was the same.
    void source_line(std::uint32_t insn);
    void forget_source_line() { previous_line_ = nullptr; }
    /// "(bf) r1 = r10".
    [[nodiscard]] std::string instruction_text(std::uint32_t insn) const;
    /// "12: (bf) r1 = r10".
    void instruction(std::uint32_t insn);
    /// The registers and slots that changed since, behind the instruction or on a line of their
    /// own.
    void changes(std::uint32_t insn, const State& state, const Frame& frame);
    /// " R1=ctx() R10=fp0 fp-8=mmmmmmmm" and a new line.
    void whole_state(const State& state, const Frame& frame);

    /// "R1=ctx()".
    [[nodiscard]] std::string register_text(unsigned number, const Frame& frame) const;

    /// Notes what `changes` is to print.
    void touch_reg(unsigned number) { regs_ |= 1U << number; }
    void touch_slot(int slot) { slots_ |= std::uint64_t{1} << slot; }
    void touch_all() { regs_ = ~0U, slots_ = ~std::uint64_t{0}; }
    [[nodiscard]] bool is_touched() const { return regs_ != 0 || slots_ != 0; }

private:
    void state(const State& state, const Frame& frame, bool all);
    [[nodiscard]] std::string reg(const Reg& reg, const Frame& frame) const;
    [[nodiscard]] std::string pointer_facts(const Reg& reg) const;
    [[nodiscard]] std::string iterator_text(const Reg& iterator) const;
    [[nodiscard]] std::string slot(const Slot& slot, int index, const Frame& frame) const;
    [[nodiscard]] const LineInfo* line_of(std::uint32_t insn) const;

    const ObjectSpec& object_;
    const ProgramSpec& program_;
    const std::vector<Map>& maps_;
    const ObjectTypes& types_;
    std::uint32_t level_;
    std::string text_;
    std::uint32_t regs_ = 0;
    std::uint64_t slots_ = 0;
    const LineInfo* previous_line_ = nullptr;
    std::size_t instruction_end_ = 0;  ///< Where the text of the last instruction ended.
    std::size_t instruction_width_ = 0;
};

}  // namespace bpftwin::verifier
