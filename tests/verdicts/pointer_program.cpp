#include "tests/verdicts/pointer_program.h"

#include "fmt/format.h"
#include "isa/decode.h"
#include "tests/btf/builder.h"
#include "tests/verdicts/piece_writer.h"

namespace bpftwin::verdicts {
namespace {

constexpr std::array function_names = {"main", "first", "second", "callback",
                                       "callback_of_callback"};
constexpr std::uint32_t callbacks_from = 3;

/// The types of locks, and the program's functions.
struct Types {
    std::shared_ptr<const Btf> btf;
    std::uint32_t key, locked;
    std::array<std::uint32_t, function_names.size()> functions;
};

Types make_types() {
    test::BtfBuilder builder;
    Types types{};
    const auto integer = builder.int_("int", 4, test::BtfBuilder::is_signed);
    types.key = integer;
    const auto lock = builder.struct_("bpf_spin_lock", 4, {{"val", integer, 0}});
    const auto wide = builder.int_("long", 8, test::BtfBuilder::is_signed);
    types.locked = builder.struct_("locked", locked_value_size,
                                   {{"lock", lock, 0}, {"count", integer, 32}, {"sum", wide, 64}});
    const auto prototype = builder.func_proto(integer, {});
    for (std::size_t i = 0; i < function_names.size(); ++i)
        types.functions[i] = builder.func(function_names[i], prototype,
                                          i == 0 ? BtfLinkage::global : BtfLinkage::static_);
    types.btf = builder.build();
    return types;
}

const Types& types() {
    static const Types made = make_types();
    return made;
}

std::vector<MapSpec> maps() {
    const auto map = [](std::string name, MapType type, std::uint32_t key, std::uint32_t value,
                        std::uint32_t entries) {
        return MapSpec{.name = std::move(name),
                       .type = type,
                       .key_size = key,
                       .value_size = value,
                       .max_entries = entries};
    };
    std::vector<MapSpec> all = {
        map("values", MapType::array, 4, value_size, 1),
        map("array", MapType::array, 4, value_size, 4),
        map("hash", MapType::hash, 8, small_value_size, 4),
        map("ring", MapType::ringbuf, 0, 0, 4096),
        map("locked", MapType::array, 4, locked_value_size, 2),
        map("programs", MapType::prog_array, 4, 4, 2),
    };
    all[locked_map].btf_key_type_id = types().key;
    all[locked_map].btf_value_type_id = types().locked;
    return all;
}

/// Writes one program: its functions one after the other.
class ProgramWriter {
public:
    ProgramWriter(Choices& choices, ProgramSpec& program)
        : choices_(choices), to_(choices, program.type == ProgType::xdp), program_(program) {}

    void run() {
        write_function(0, 3 + choices_.below(12));
        for (const std::uint32_t i : {1U, 3U, 4U, 2U})  // Behind who calls it.
            if (needed_[i]) write_function(i, 1 + choices_.below(4));
        aim_calls();
        program_.insns = std::move(to_.insns());
    }

private:
    struct Call {
        std::size_t at;
        std::uint32_t function;
    };

    void write_function(std::uint32_t index, unsigned pieces) {
        begins_[index] = to_.at();
        program_.functions.push_back({static_cast<std::uint32_t>(to_.at()), function_names[index]});
        program_.func_info.push_back(
            {static_cast<std::uint32_t>(to_.at()), types().functions[index]});
        index == 0 ? begin_program() : begin_function(index);
        for (; pieces > 0; --pieces) write_piece(index);
        to_.emit(index < callbacks_from ? mov(r0, to_.percent(50) ? r7 : r9)
                                        : mov(r0, to_.below(2)));
        if (index >= callbacks_from && to_.percent(5)) to_.emit(mov(r0, r7));
        to_.emit(build::exit());
    }
    void begin_program() {
        to_.emit(mov(r6, r1));
        to_.emit(lddw_map_value(r8, values_map, 0));
        to_.emit(ldxdw(r7, r8, 0));
        to_.emit(ldxw(r9, r8, 8));
    }
    /// Functions get an address, a number, and the context; callbacks a number and an address.
    void begin_function(std::uint32_t index) {
        const bool is_callback = index >= callbacks_from;
        to_.emit(mov(r6, is_callback ? r2 : r3));
        to_.emit(mov(r7, is_callback ? r1 : r2));
        to_.emit(mov(r1, is_callback ? r2 : r1));
        to_.access_within(r1, 16);
        if (to_.percent(50))
            to_.emit(ldxdw(r9, r1, 8));
        else
            to_.emit(mov(r9, r7));
        to_.emit(lddw_map_value(r8, values_map, 0));
    }

    void write_piece(std::uint32_t function) {
        const std::size_t begin = to_.at();
        const std::uint32_t chance = choices_.below(100);
        const auto pieces = chance < 45                        ? bounds_pieces()
                            : chance < 85 || is_last(function) ? memory_pieces()
                                                               : call_pieces();
        choices_.of(pieces)(to_);
        note_calls(begin, function);
    }

    /// Calls nothing, so that there is no recursion.
    static bool is_last(std::uint32_t function) { return function == 2 || function == 4; }

    void note_calls(std::size_t begin, std::uint32_t caller) {
        for (std::size_t at = begin; at < to_.at(); ++at) {
            const auto op = decode(to_.insns()[at]);
            if (op == Op::lddw_func) note_call(at, caller < callbacks_from ? 3 : 4);
            if (op == Op::call_local) note_call(at, caller == 0 ? 1 + choices_.below(2) : 2);
            if (op && slots(*op) == 2) ++at;
        }
    }
    void note_call(std::size_t at, std::uint32_t function) {
        needed_[function] = true;
        calls_.push_back({at, function});
    }
    void aim_calls() {
        for (const Call& call : calls_) {
            const std::size_t target = begins_[call.function];
            aim(to_.insns()[call.at], *decode(to_.insns()[call.at]),
                static_cast<std::int64_t>(target) - static_cast<std::int64_t>(call.at) - 1);
        }
    }

    Choices& choices_;
    PieceWriter to_;
    ProgramSpec& program_;
    std::array<std::size_t, function_names.size()> begins_{};
    std::array<bool, function_names.size()> needed_{};
    std::vector<Call> calls_;
};

}  // namespace

differential::Case pointer_programs(std::uint64_t seed, unsigned programs) {
    Choices choices(seed);
    differential::Case one{.seed = seed};
    one.object.name = "pointers";
    one.object.license = "GPL";
    one.object.maps = maps();
    one.object.btf = types().btf;
    // Only programs of one type may refer to an array of programs.
    const ProgType type = choices.percent(50) ? ProgType::xdp : ProgType::sched_cls;
    for (unsigned i = 0; i < programs; ++i) {
        ProgramSpec program;
        program.name = fmt::format("program_{}", i);
        program.type = type;
        ProgramWriter(choices, program).run();
        one.object.programs.push_back(std::move(program));
    }
    return one;
}

}  // namespace bpftwin::verdicts
