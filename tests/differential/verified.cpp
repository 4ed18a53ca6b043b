#include "tests/differential/verified.h"

#include <algorithm>
#include <bit>

#include "compare/difference.h"
#include "fmt/format.h"
#include "isa/builder.h"
#include "tests/differential/choices.h"
#include "tests/differential/rules.h"

namespace bpftwin::differential {
namespace {

using namespace build;

constexpr std::array scalars = {r0, r2, r3, r4, r5, r7, r8, r9};
constexpr std::array call_saved = {r7, r8, r9};
constexpr Reg values = r6;  // Address of a value of the map.
constexpr std::int32_t slots = 8;
constexpr std::int32_t packet_size = 8 * slots;
constexpr std::int32_t map_entries = 4;
constexpr std::int32_t value_size = 2 * 8 * slots;  // Working memory, then results.
constexpr std::int32_t globals_map = 0;
constexpr std::int32_t array_map = 1;
constexpr std::int32_t lookup_helper = 1;

/// Writes one program. What the verifier wants stands at the beginning: every register and stack
/// slot is written, with numbers from the packet of which it knows nothing.
class VerifiedWriter {
public:
    explicit VerifiedWriter(Choices& choices) : choices_(choices) {}

    std::vector<Insn> program() {
        begin();
        for (std::uint32_t pieces = 4 + choices_.below(40); pieces > 0; --pieces) {
            piece();
            land();
        }
        while (!jumps_.empty()) land_all();
        for (std::size_t i = 0; i < scalars.size(); ++i)
            emit(stxdw(values, offset(8 * (slots + static_cast<int>(i))), scalars[i]));
        const std::size_t end = insns_.size();
        emit(mov(r0, 2));
        emit(build::exit());
        insns_[short_packet_].off = static_cast<std::int16_t>(end - short_packet_ - 1);
        return std::move(insns_);
    }

private:
    /// A jump forwards that is still open.
    struct Jump {
        std::size_t at;
        std::uint32_t pieces;  ///< That it jumps over from here on.
    };

    // The verifier follows every path: more would take it seconds.
    static constexpr unsigned most_branches = 10;

    static constexpr std::int16_t offset(int bytes) { return static_cast<std::int16_t>(bytes); }
    void emit(const Insn& one) { insns_.push_back(one); }
    void emit(const std::array<Insn, 2>& two) {
        insns_.insert(insns_.end(), two.begin(), two.end());
    }
    Reg scalar() { return choices_.of(scalars); }
    Op row_of(Family family) { return choices_.of(rows_of(family)); }

    void begin() {
        emit(ldxw(r3, r1, 4));  // data_end
        emit(ldxw(r1, r1, 0));  // data
        emit(mov(r2, r1));
        emit(add(r2, packet_size));
        short_packet_ = insns_.size();
        emit(jgt(r2, r3, 0));
        emit(lddw_map_value(values, globals_map, 0));
        for (int i = 0; i < slots; ++i) {
            emit(ldxdw(scalars[static_cast<std::size_t>(i)], r1, offset(8 * i)));
            emit(stxdw(r10, offset(-8 * (i + 1)), scalars[static_cast<std::size_t>(i)]));
        }
        for (const Reg reg : scalars)
            if (choices_.percent(30)) emit(lddw(reg, choices_.edge64()));
    }

    void piece() {
        const std::uint32_t chance = choices_.below(100);
        if (chance < 50) return arithmetic(scalar());
        if (chance < 70) return memory();
        if (chance < 78) return atomic();
        if (chance < 90) return jump();
        if (chance < 95) return loop();
        lookup();
    }

    void arithmetic(Reg dst) {
        constexpr std::array families = {Family::alu, Family::alu,   Family::alu,
                                         Family::neg, Family::movsx, Family::end};
        const Op op = row_of(choices_.of(families));
        const OpInfo& row = info(op);
        Operands operands{.dst = number(dst)};
        if (has(row.operands, src_field)) operands.src = number(scalar());
        if (has(row.operands, imm_field)) operands.imm = immediate(row);
        emit(insn(op, operands));
    }

    /// The verifier rejects counts beyond the width and a constant divisor of 0.
    std::int32_t immediate(const OpInfo& row) {
        const bool shifts = row.symbol.contains("<<") || row.symbol.contains(">>");
        if (shifts) return static_cast<std::int32_t>(choices_.below(row.bits));
        const std::int32_t value = choices_.edge32();
        const bool divides = row.symbol.contains('/') || row.symbol.contains('%');
        return divides && value == 0 ? 7 : value;
    }

    /// An address of `bytes`, aligned: in the stack or the map's value.
    struct Place {
        Reg base;
        std::int16_t off;
    };
    Place place(unsigned bytes) {
        const auto at = static_cast<int>(choices_.below(8 * slots / bytes) * bytes);
        return choices_.percent(50) ? Place{r10, offset(at - 8 * slots)}
                                    : Place{values, offset(at)};
    }

    void memory() {
        constexpr std::array families = {Family::ldx, Family::ldxsx,        Family::st,
                                         Family::stx, Family::load_acquire, Family::store_release};
        const Op op = row_of(choices_.of(families));
        const OpInfo& row = info(op);
        const Place where = place(row.bits / 8);
        Operands operands{.off = where.off};
        const bool loads = has(row.operands, src_field) && !stores(row.family);
        operands.dst = number(loads ? scalar() : where.base);
        if (loads)
            operands.src = number(where.base);
        else if (has(row.operands, src_field))
            operands.src = number(scalar());
        else
            operands.imm = choices_.edge32();
        emit(insn(op, operands));
    }

    static bool stores(Family family) {
        return family == Family::stx || family == Family::st || family == Family::store_release;
    }

    static bool fetches(Op op) {
        constexpr std::int32_t fetch = 1;
        return (info(op).discriminator_value & fetch) != 0;
    }

    void atomic() {
        const Op op = row_of(Family::atomic);
        Place where = place(info(op).bits / 8);
        // Linux 6.18 loses track of what is fetched from the stack, and of the upper half of r0
        // (docs/kernel-differences.md).
        while (fetches(op) && where.base == r10) where = place(info(op).bits / 8);
        emit(insn(op, {.dst = number(where.base), .src = number(scalar()), .off = where.off}));
        if (op == Op::atomic_cmpxchg32) emit(mov32(r0, r0));
    }

    void jump() {
        if (branches_ == most_branches) return;
        ++branches_;
        const Op op = row_of(Family::jmp);
        const OpInfo& row = info(op);
        Operands operands{.dst = number(scalar())};
        if (has(row.operands, src_field)) operands.src = number(scalar());
        if (has(row.operands, imm_field)) operands.imm = choices_.edge32();
        jumps_.push_back({insns_.size(), 2 + choices_.below(6)});
        emit(insn(op, operands));
    }

    /// Resolves the jumps that end behind the piece just written.
    void land() {
        for (Jump& jump : jumps_)
            if (--jump.pieces == 0) resolve(jump);
        std::erase_if(jumps_, [](const Jump& jump) { return jump.pieces == 0; });
    }
    void land_all() {
        for (const Jump& jump : jumps_) resolve(jump);
        jumps_.clear();
    }
    void resolve(const Jump& jump) {
        insns_[jump.at].off = static_cast<std::int16_t>(insns_.size() - jump.at - 1);
    }

    void loop() {
        if (branches_ == most_branches) return;
        ++branches_;
        const Reg counter = choices_.of(call_saved);
        emit(mov(counter, 0));
        const std::size_t begin = insns_.size();
        for (std::uint32_t i = 1 + choices_.below(4); i > 0; --i) {
            Reg dst = scalar();
            while (dst == counter) dst = scalar();
            arithmetic(dst);
        }
        emit(add(counter, 1));
        const auto back = static_cast<std::int16_t>(begin - insns_.size() - 1);
        emit(jlt(counter, static_cast<std::int32_t>(2 + choices_.below(6)), back));
    }

    /// A lookup, perhaps of a key that the map has not, and a look at what it found.
    void lookup() {
        constexpr std::int16_t key = -8 * (slots + 1);
        emit(stw(r10, key, static_cast<std::int32_t>(choices_.below(map_entries + 2))));
        emit(lddw_map(r1, array_map));
        emit(mov(r2, r10));
        emit(add(r2, key));
        emit(call(lookup_helper));
        emit(jeq(r0, 0, 2));
        emit(ldxdw(r7, r0, offset(8 * static_cast<int>(choices_.below(slots)))));
        emit(stxdw(r0, offset(8 * static_cast<int>(choices_.below(slots))), r8));
        emit(mov(r0, choices_.edge32()));
        for (const Reg reg : {r2, r3, r4, r5})
            emit(ldxdw(reg, r10, offset(-8 * (1 + static_cast<int>(choices_.below(slots))))));
    }

    Choices& choices_;
    std::vector<Insn> insns_;
    std::vector<Jump> jumps_;
    unsigned branches_ = 0;
    std::size_t short_packet_ = 0;
};

Bytes random_packet(Choices& choices) {
    Bytes packet;
    for (int i = 0; i < slots; ++i) {
        const auto word = std::bit_cast<std::array<std::byte, 8>>(
            choices.percent(70) ? choices.edge64() : choices.bits());
        packet.insert(packet.end(), word.begin(), word.end());
    }
    return packet;
}

/// The first engine that does not do as the kernel did, and how.
std::string compare_run(const CaseRun& run, const RunResult& expected,
                        std::span<const std::pair<std::string, Instance*>> engines) {
    for (const auto& [name, instance] : engines) {
        const auto actual = instance->run(run.program, run.input);
        if (!actual) return fmt::format("{} of {}: {}", run.program, name, actual.error().message);
        if (const auto found = compare::difference(expected, *actual))
            return fmt::format("{}: {} and the kernel: {}", run.program, name, *found);
    }
    return "";
}

}  // namespace

Case generate_verified_case(std::uint64_t seed) {
    constexpr int programs = 8;
    Choices choices(seed);
    Case one{.seed = seed};
    one.object.name = "verified";
    one.object.license = "GPL";
    MapSpec map{.name = "globals",
                .type = MapType::array,
                .key_size = 4,
                .value_size = value_size,
                .max_entries = 1};
    one.object.maps.push_back(map);
    map.name = "array";
    map.max_entries = map_entries;
    one.object.maps.push_back(map);
    for (int i = 0; i < programs; ++i) {
        ProgramSpec program;
        program.name = fmt::format("program_{}", i);
        program.type = ProgType::xdp;
        program.insns = VerifiedWriter(choices).program();
        one.runs.push_back({program.name, {}});
        one.runs.back().input.packet = random_packet(choices);
        one.runs.back().input.world = World::fixed();
        one.object.programs.push_back(std::move(program));
    }
    return one;
}

VerifiedResult search_verified(Engine& kernel, std::uint64_t programs, std::uint64_t first_seed,
                               const std::function<bool(const VerifiedResult&)>& progress) {
    VerifiedResult result;
    const auto interpreter = make_interpreter();
    const auto jit = make_jit();
    for (result.seed = first_seed; result.programs + result.rejected < programs; ++result.seed) {
        const Case one = generate_verified_case(result.seed);
        const auto theirs = kernel.instantiate(one.object, {});
        const auto checked = interpreter->instantiate(one.object, {});
        const auto compiled = jit->instantiate(one.object, {.safety = Safety::unsafe});
        if (!theirs || !checked || !compiled) {
            const auto& refused = !theirs ? theirs : !checked ? checked : compiled;
            result.failure = refused.error().message;
            return result;
        }
        const std::pair<std::string, Instance*> engines[] = {{"the interpreter", checked->get()},
                                                             {"the JIT", compiled->get()}};
        for (const CaseRun& run : one.runs) {
            const auto expected = (*theirs)->run(run.program, run.input);
            if (!expected) {
                ++result.rejected;
                continue;
            }
            result.failure = compare_run(run, *expected, engines);
            if (!result.failure.empty()) return result;
            ++result.programs;
            result.instructions += one.object.program(run.program)->insns.size();
        }
        if (!progress(result)) break;
    }
    return result;
}

}  // namespace bpftwin::differential
