// Which registers are read later: the textbook's backward data flow, first over basic blocks until
// nothing changes, then once over the operations.
#include "jit/lower.h"

namespace bpftwin::jit {
namespace {

/// Operations that are executed one after the other, from the first to the last.
struct Block {
    std::uint32_t begin;
    std::uint32_t end;
    std::uint32_t target = 0;  ///< Block that the last one may jump to; the first: nowhere.
    RegisterSet uses = 0;      ///< Read before the block writes them.
    RegisterSet defines = 0;   ///< Written.
    RegisterSet live_in = 0;
    bool heads_loop = false;     ///< A jump from further down leads here.
    bool falls_through = false;  ///< To the next block.
};

class LiveRegisters {
public:
    explicit LiveRegisters(LoweredProgram& program)
        : code_(program.code), block_at_(program.program->insns.size()) {}

    void find_in(const LoweredFunction& function) {
        blocks_.assign(1, Block{});  // Nothing is live where control does not go.
        for (std::uint32_t i = function.first; i < function.end;) i = add_block(i, function.end);
        for (Block& block : blocks_) link(block);
        iterate();
        for (std::size_t i = 1; i < blocks_.size(); ++i) fill(i);
    }

private:
    std::uint32_t add_block(std::uint32_t begin, std::uint32_t end) {
        Block block{.begin = begin, .end = begin, .heads_loop = code_[begin].loop_length != 0};
        if (code_[begin].is_target)
            block_at_[code_[begin].first_pc] = static_cast<std::uint32_t>(blocks_.size());
        do {
            const Lowered& op = code_[block.end++];
            block.uses |= op.uses & ~block.defines;
            block.defines |= op.defines;
            if (is_jump(op.row) || !falls_through(op.row)) break;
        } while (block.end < end && !code_[block.end].is_target);
        blocks_.push_back(block);
        return block.end;
    }

    void link(Block& block) {
        if (block.end == 0) return;
        const Lowered& last = code_[block.end - 1];
        block.falls_through = falls_through(last.row);
        if (is_jump(last.row)) block.target = block_at_[last.target];
    }

    /// Only loops need a second pass, nested ones a few more. Code made to need very many is taken
    /// to read everything.
    void iterate() {
        constexpr unsigned enough = 20;
        unsigned passes = 0;
        while (pass())
            if (++passes == enough) return assume_all();
    }

    bool pass() {
        bool grew = false;
        for (std::size_t i = blocks_.size(); i-- > 1;) {
            Block& block = blocks_[i];
            const auto live = static_cast<RegisterSet>((live_out(i) & ~block.defines) | block.uses);
            grew |= live != block.live_in && block.heads_loop;
            block.live_in = live;
        }
        return grew;
    }

    void assume_all() {
        for (std::size_t i = 1; i < blocks_.size(); ++i) blocks_[i].live_in = all_registers;
    }

    [[nodiscard]] RegisterSet live_out(std::size_t i) const {
        const Block& block = blocks_[i];
        const RegisterSet live = blocks_[block.target].live_in;
        return block.falls_through && i + 1 < blocks_.size()
                   ? static_cast<RegisterSet>(live | blocks_[i + 1].live_in)
                   : live;
    }

    void fill(std::size_t i) {
        RegisterSet live = live_out(i);
        for (std::uint32_t at = blocks_[i].end; at-- > blocks_[i].begin;) {
            Lowered& op = code_[at];
            op.live_after = live;
            live = static_cast<RegisterSet>((live & ~op.defines) | op.uses);
        }
    }

    std::vector<Lowered>& code_;
    std::vector<std::uint32_t> block_at_;  ///< By BPF instruction that is a target.
    std::vector<Block> blocks_;            ///< Of one function.
};

}  // namespace

void find_live_registers(LoweredProgram& program) {
    LiveRegisters registers(program);
    for (const LoweredFunction& function : program.functions) registers.find_in(function);
}

}  // namespace bpftwin::jit
