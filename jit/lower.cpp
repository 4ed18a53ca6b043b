// One operation per instruction, with constants, targets and the registers read and written.
#include "jit/lower.h"

#include <algorithm>

#include "fmt/format.h"
#include "helpers/implementation.h"
#include "helpers/kfuncs.h"
#include "helpers/maps/array_map.h"
#include "helpers/prototype.h"
#include "jit/calls.h"

namespace bpftwin::jit {
namespace {

constexpr std::size_t index_of(Op op) { return static_cast<std::size_t>(op); }

/// `target_field` of every row, which is too slow to ask for each instruction.
constexpr auto target_fields = [] {
    std::array<Fields, op_count> fields{};
    for (const OpInfo& row : op_table) fields[index_of(row.op)] = target_field(row.op);
    return fields;
}();

std::uint32_t target_of(Op op, const Insn& insn, std::uint32_t pc) {
    const auto displacement = target_fields[index_of(op)] == off_field ? insn.off : insn.imm;
    return pc + 1 + static_cast<std::uint32_t>(displacement);
}

bool is_call(Op op) { return op == Op::call_local || op == Op::lddw_func; }

/// Whether control goes on behind the operation.
bool falls_through(Op op) { return op != Op::exit && op != Op::ja && op != Op::gotol; }

// --- Registers read and written

/// The registers that hold arguments of a helper.
RegisterSet arguments_of(const Helper& helper) {
    RegisterSet set = 0;
    for (unsigned i = 0; i < helper.args.size(); ++i)
        if (helper.args[i].type != ArgType::none) set |= bit(i + 1);
    // Formatting takes up to three values that the prototype does not name; so are the flags of
    // get_branch_snapshot.
    const bool takes_more = helper.name == "trace_printk" || helper.name == "get_branch_snapshot";
    return takes_more ? arguments : set;
}

/// Fills operands, `uses` and `defines` of an operation by the family of its row.
class Operands {
public:
    Operands(Lowered& to, const OpInfo& row, const Insn& insn) : to_(to), row_(row), insn_(insn) {}

    void fill() {
        switch (row_.family) {
            case Family::alu: return alu();
            case Family::neg:
            case Family::end: return unary(insn_.dst);
            case Family::movsx:
            case Family::cast: return unary(insn_.src);
            case Family::jmp: return jump();
            case Family::ja: return;
            case Family::call: return call();
            case Family::exit: return read(to_.left, 0);
            case Family::ldx:
            case Family::ldxsx:
            case Family::load_acquire: return load();
            case Family::st: return address(insn_.dst);
            case Family::stx:
            case Family::store_release: return store();
            case Family::atomic: return atomic();
            case Family::ld_abs: return packet_load();
            case Family::ld_ind: read(to_.left, insn_.src); return packet_load();
            case Family::lddw: return write(to_.dst, insn_.dst);
        }
    }

private:
    void read(std::uint8_t& operand, std::uint8_t reg) {
        operand = reg;
        to_.uses |= bit(reg);
    }
    void write(std::uint8_t& operand, std::uint8_t reg) {
        operand = reg;
        to_.defines |= bit(reg);
    }
    void right_if_register() {
        if (has(row_.operands, src_field)) read(to_.right, insn_.src);
    }
    void alu() {
        write(to_.dst, insn_.dst);
        right_if_register();
        if (row_.symbol != "=") read(to_.left, insn_.dst);
    }
    void unary(std::uint8_t from) {
        read(to_.left, from);
        write(to_.dst, insn_.dst);
    }
    void jump() {
        read(to_.left, insn_.dst);
        right_if_register();
    }
    void address(std::uint8_t base) {
        read(to_.left, base);
        to_.off = insn_.off;
    }
    void load() {
        address(insn_.src);
        write(to_.dst, insn_.dst);
    }
    void store() {
        address(insn_.dst);
        read(to_.right, insn_.src);
    }
    void atomic() {
        constexpr std::uint32_t fetch = 1;
        const auto operation = static_cast<std::uint32_t>(row_.discriminator_value);
        store();
        if (to_.row == Row::atomic_cmpxchg32 || to_.row == Row::atomic_cmpxchg64) {
            to_.uses |= bit(0);
            write(to_.dst, 0);
        } else if ((operation & fetch) != 0) {
            write(to_.dst, insn_.src);
        }
    }
    void call() {
        to_.uses |= arguments;
        to_.defines |= caller_saved;
        if (to_.row == Row::callx) read(to_.left, insn_.dst);
    }
    void packet_load() { to_.defines |= caller_saved; }

    Lowered& to_;
    const OpInfo& row_;
    const Insn& insn_;
};

// --- Where control arrives

/// What leads to each instruction.
struct Targets {
    explicit Targets(std::size_t count) : function(count), target(count), loop_length(count) {}

    std::vector<bool> function;              ///< A function begins here.
    std::vector<bool> target;                ///< Or a jump leads here.
    std::vector<std::uint32_t> loop_length;  ///< Of the longest loop that jumps back to here.
};

Targets find_targets(const ProgramSpec& program, std::span<const Op> ops) {
    Targets targets(ops.size());
    targets.function[0] = targets.target[0] = true;
    if (const auto callback = program.exception_callback; callback && *callback < ops.size())
        targets.function[*callback] = targets.target[*callback] = true;
    for (std::uint32_t pc = 0; pc < ops.size(); pc += slots(ops[pc])) {
        const Op op = ops[pc];
        if (target_fields[index_of(op)] == no_field) continue;
        const std::uint32_t to = target_of(op, program.insns[pc], pc);
        targets.target[to] = true;
        if (is_call(op))
            targets.function[to] = true;
        else if (to <= pc)
            targets.loop_length[to] = std::max(targets.loop_length[to], pc - to + 1);
    }
    return targets;
}

/// Lowers one program, instruction by instruction.
class Lowering {
public:
    Lowering(const ProgramSpec& program, std::span<const Op> ops, const ProgramMaps& maps)
        : program_(program), ops_(ops), maps_(maps), targets_(find_targets(program, ops)) {
        result_.program = &program;
        result_.code.reserve(ops.size() + 1);
    }

    Result<LoweredProgram> run() {
        const auto count = static_cast<std::uint32_t>(ops_.size());
        for (std::uint32_t begin = 0, end = 0; begin < count; begin = end) {
            for (end = begin + 1; end < count && !targets_.function[end];) ++end;
            if (auto ok = lower_function(begin, end); !ok) return std::unexpected(ok.error());
        }
        return std::move(result_);
    }

private:
    Result<void> lower_function(std::uint32_t begin, std::uint32_t end) {
        LoweredFunction function{.pc = begin,
                                 .length = end - begin,
                                 .first = static_cast<std::uint32_t>(result_.code.size())};
        Op last = Op::ja;
        for (std::uint32_t pc = begin; pc < end; pc += slots(last)) {
            last = ops_[pc];
            if (auto ok = lower_insn(last, pc, begin, end); !ok)
                return fail(fmt::format("insn {}: {}", pc, ok.error().message), ok.error().code);
        }
        if (falls_through(last)) {
            Lowered& behind = result_.code.emplace_back();
            behind.row = Row::function_end;
            behind.first_pc = behind.pc = end;
        }
        function.end = static_cast<std::uint32_t>(result_.code.size());
        result_.functions.push_back(function);
        return {};
    }

    Result<void> lower_insn(Op op, std::uint32_t pc, std::uint32_t begin, std::uint32_t end) {
        const Insn& insn = program_.insns[pc];
        Lowered& to = result_.code.emplace_back();
        to.row = row(op);
        to.first_pc = to.pc = pc;
        to.imm = insn.imm;
        to.is_target = targets_.target[pc];
        to.loop_length = targets_.loop_length[pc];
        Operands(to, info(op), insn).fill();
        if (target_fields[index_of(op)] != no_field) {
            to.target = target_of(op, insn, pc);
            if (!is_call(op) && (to.target < begin || to.target >= end))
                return fail(fmt::format("jump from function at insn {} to insn {} outside of it",
                                        begin, to.target));
        }
        if (op == Op::call_helper) choose_helper(to, pc);
        if (op == Op::call_kfunc) choose_kfunc(to, pc);
        if (slots(op) == 2 && op != Op::lddw_func) return resolve_constant(to, op, pc);
        return {};
    }

    Result<void> resolve_constant(Lowered& to, Op op, std::uint32_t pc) {
        const auto value =
            constant_of(op, std::span(program_.insns).subspan(pc, 2), maps_.addresses);
        if (!value) return std::unexpected(value.error());
        to.imm = static_cast<std::int64_t>(*value);
        to.row = Row::lddw;
        return {};
    }

    void choose_kfunc(Lowered& to, std::uint32_t pc) const {
        to.uses = arguments;
        if (maps_.intercepted) return intercept(to);
        const Kfunc* kfunc = kfunc_named(kfunc_name(program_, pc));
        if (!kfunc) return;
        to.row = Row::call_helper;
        to.imm = reinterpret_cast<std::int64_t>(kfunc->function);
    }

    static void intercept(Lowered& to) {
        to.row = Row::call_helper;
        to.uses = arguments;
        to.imm = reinterpret_cast<std::int64_t>(&intercepted_call);
    }

    void choose_helper(Lowered& to, std::uint32_t pc) {
        const Helper* helper = helper_by_id(static_cast<std::uint32_t>(to.imm));
        if (helper) to.uses = arguments_of(*helper);
        const HelperFunction function = helper ? helper_function(helper->id) : nullptr;
        if (helper && helper->name == "tail_call") {
            to.row = Row::tail_call;
        } else if (helper && maps_.intercepted) {
            intercept(to);
        } else if (!function) {
            to.row = Row::missing_helper;
        } else if (const Map* map = map_looked_up(*helper, pc)) {
            choose_lookup(to, *map, function);
        } else {
            to.imm = reinterpret_cast<std::int64_t>(function);
        }
    }

    static void choose_lookup(Lowered& to, const Map& map, HelperFunction function) {
        if (const auto* array = dynamic_cast<const ArrayMap*>(&map)) {
            to.row = Row::array_lookup;
            to.uses = bit(2);
            to.imm = reinterpret_cast<std::int64_t>(array);
            return;
        }
        const HelperFunction direct = lookup_function(map);
        to.imm = reinterpret_cast<std::int64_t>(direct ? direct : function);
    }

    /// The map that a lookup at `pc` certainly works on, or null.
    const Map* map_looked_up(const Helper& helper, std::uint32_t pc) const {
        return helper.name == "map_lookup_elem" ? known_map(pc) : nullptr;
    }

    /// The map that r1 was set to in the lines before.
    const Map* known_map(std::uint32_t pc) const {
        constexpr std::size_t reach = 8;
        const auto& code = result_.code;
        if (targets_.target[pc]) return nullptr;
        for (std::size_t i = code.size() - 1; i > 0 && i + reach > code.size(); --i) {
            const Lowered& before = code[i - 1];
            if ((before.defines & bit(1)) != 0) return map_constant(before.pc);
            if (before.is_target || !falls_through(ops_[before.pc])) return nullptr;
        }
        return nullptr;
    }

    const Map* map_constant(std::uint32_t pc) const {
        if (ops_[pc] != Op::lddw_map_fd && ops_[pc] != Op::lddw_map_idx) return nullptr;
        return maps_.maps[static_cast<std::uint32_t>(program_.insns[pc].imm)].get();
    }

    const ProgramSpec& program_;
    std::span<const Op> ops_;
    const ProgramMaps& maps_;
    Targets targets_;
    LoweredProgram result_;
};

}  // namespace

Result<LoweredProgram> lower(const ProgramSpec& program, const ProgramMaps& maps) {
    const auto named = [&](const Error& error) {
        return std::unexpected(error.in("program " + program.name));
    };
    const auto ops = decode_runnable(program);
    if (!ops) return named(ops.error());
    auto lowered = Lowering(program, *ops, maps).run();
    if (!lowered) return named(lowered.error());
    return lowered;
}

}  // namespace bpftwin::jit
