// Random programs that make, use, overwrite and give back dynptrs: we decide as the running kernel
// does, for the same reason and after as many instructions.
#include <cstdlib>
#include <random>

#include "bpftwin/verify.h"
#include "gtest/gtest.h"
#include "helpers/prototype.h"
#include "isa/builder.h"
#include "tests/support/programs.h"
#include "tests/verifier/forms.h"

namespace bpftwin::test {
namespace {

using namespace build;

constexpr std::int32_t ring = 0, array = 1;

Insn call_of(std::string_view helper) {
    return call(static_cast<std::int32_t>(helper_named(helper)->id));
}

class RandomDynptrs {
public:
    ObjectSpec next() {
        insns_.clear();
        kinds_ = {};
        add({mov(r7, 0), mov(r8, 0)});
        for (std::size_t left = 2 + pick(8); left != 0; --left) step();
        if (pick(8) != 0)
            for (const std::int16_t at : places)
                if (holds(at, Kind::ring)) give_back(at);
        add({mov(r0, 0), exit()});
        ProgramSpec program{.type = ProgType::sched_cls, .insns = insns_};
        program.name = "random";
        ObjectSpec object = object_of(
            {program}, {map(MapType::ringbuf, 0, 0, 4096), map(MapType::array, 4, 16, 1)});
        object.license = "GPL";
        return object;
    }

private:
    static constexpr std::int16_t places[] = {-16, -32};

    static MapSpec map(MapType type, std::uint32_t key, std::uint32_t value, std::uint32_t count) {
        MapSpec map;
        map.name = "map";
        map.type = type;
        map.key_size = key;
        map.value_size = value;
        map.max_entries = count;
        return map;
    }

    std::size_t pick(std::size_t bound) { return random_() % bound; }
    enum class Kind : std::uint8_t { none, memory, ring };
    Kind& kind(std::int16_t at) { return kinds_[at == places[0] ? 0 : 1]; }
    bool holds(std::int16_t at, Kind kind) { return this->kind(at) == kind; }
    /// Mostly one where what is to be done is right.
    std::int16_t place(auto fits) {
        if (pick(12) == 0) return static_cast<std::int16_t>(-8 * static_cast<int>(1 + pick(5)));
        const std::int16_t first = places[pick(2)],
                           second = first == places[0] ? places[1] : places[0];
        return fits(kind(first)) ? first : second;
    }
    std::int16_t free_place() {
        return place([](Kind kind) { return kind != Kind::ring; });
    }
    std::int16_t used_place() {
        return place([](Kind kind) { return kind != Kind::none; });
    }
    void add(std::initializer_list<Insn> insns) { insns_.insert(insns_.end(), insns); }
    void add(const std::array<Insn, 2>& pair) { add({pair[0], pair[1]}); }
    void point(build::Reg reg, std::int16_t at) { add({mov(reg, r10), build::add(reg, at)}); }

    void step() {
        switch (pick(10)) {
            case 0:
            case 1: reserve(); break;
            case 2: describe_memory(); break;
            case 3:
            case 4: slice(); break;
            case 5: give_back(place([](Kind kind) { return kind == Kind::ring; })); break;
            case 6: copy(); break;
            case 7: touch_stack(); break;
            case 8:
                add({stb(pick(2) != 0 ? r7 : r8, static_cast<std::int16_t>(pick(9)), 1)});
                break;
            default: skip(); break;
        }
    }
    void reserve() {
        add(lddw_map(r1, ring));
        add({mov(r2, 8), mov(r3, 0)});
        const std::int16_t at = free_place();
        point(r4, at);
        add({call_of("ringbuf_reserve_dynptr")});
        kind(at) = Kind::ring;
    }
    void describe_memory() {
        add(lddw_map_value(r1, array, 0));
        add({mov(r2, static_cast<std::int32_t>(pick(18))), mov(r3, 0)});
        const std::int16_t at = free_place();
        point(r4, at);
        add({call_of("dynptr_from_mem")});
        kind(at) = Kind::memory;
    }
    void slice() {
        point(r1, used_place());
        const build::Reg kept = pick(2) != 0 ? r7 : r8;
        add({mov(r2, 0), mov(r3, 8), call_of("dynptr_data"), mov(kept, r0)});
        if (pick(4) != 0) add({jeq(kept, 0, std::int16_t{1}), stb(kept, 3, 1)});
    }
    void give_back(std::int16_t at) {
        point(r1, at);
        add({mov(r2, 0),
             call_of(pick(2) != 0 ? "ringbuf_submit_dynptr" : "ringbuf_discard_dynptr")});
    }
    void copy() {
        const bool reads = pick(2) != 0;
        point(reads ? r1 : r3, static_cast<std::int16_t>(pick(8) == 0 ? free_place() : -48));
        point(reads ? r3 : r1, used_place());
        if (reads)
            add({mov(r2, 8), mov(r4, 0), mov(r5, 0), call_of("dynptr_read")});
        else
            add({mov(r2, 0), mov(r4, 8), mov(r5, 0), call_of("dynptr_write")});
    }
    void touch_stack() {
        const auto at = static_cast<std::int16_t>(free_place() + static_cast<int>(pick(8)));
        if (pick(2) != 0)
            add({stb(r10, at, 7)});
        else
            add({ldxb(r0, r10, at)});
    }
    /// Over what comes next, or not: two ways to the same place.
    void skip() {
        add({call_of("get_prandom_u32")});
        const std::size_t jump = insns_.size();
        add({jne(r0, 7, std::int16_t{0})});
        if (pick(2) != 0)
            touch_stack();
        else
            describe_memory();
        insns_[jump].off = static_cast<std::int16_t>(insns_.size() - jump - 1);
    }

    std::mt19937 random_{9};
    std::array<Kind, 2> kinds_{};
    std::vector<Insn> insns_;
};

std::size_t dynptr_programs() {
    const char* wanted = std::getenv("BPFTWIN_DYNPTRS");
    return wanted ? std::strtoul(wanted, nullptr, 10) : 3000;
}

TEST(random_dynptrs, are_judged_as_by_the_kernel) {
    const auto judge = make_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    RandomDynptrs random;
    std::size_t accepted = 0;
    for (std::size_t left = dynptr_programs(); left != 0; --left) {
        const ObjectSpec object = random.next();
        const Verdict theirs = ask(**judge, object, 2);
        const Verdict ours = verify(object, object.programs.front(), {.log_level = 2});
        ASSERT_EQ(ours.answer, theirs.answer) << theirs.log << "\n----\n" << ours.log;
        ASSERT_EQ(ours.reason, theirs.reason) << theirs.log << "\n----\n" << ours.log;
        ASSERT_EQ(ours.insns, theirs.insns) << theirs.log << "\n----\n" << ours.log;
        accepted += ours.answer == Answer::accepted;
    }
    EXPECT_GT(accepted, dynptr_programs() / 50);
    RecordProperty("accepted", static_cast<int>(accepted));
}

}  // namespace
}  // namespace bpftwin::test
