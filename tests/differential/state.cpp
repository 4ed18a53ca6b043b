#include "tests/differential/state.h"

#include <algorithm>

namespace bpftwin::differential {
namespace {

Value join_pointers(const Value& a, const Value& b) {
    if (a.area != b.area) return {};
    Value both = a;
    both.low = std::min(a.low, b.low);
    both.high = std::max(a.high, b.high);
    both.step = std::min(a.step, b.step);
    if (const auto distance = static_cast<std::uint64_t>(a.low - b.low); distance != 0)
        both.step = std::min(both.step, distance & (0 - distance));
    return both;
}

}  // namespace

Value join(const Value& a, const Value& b) {
    if (a.kind != b.kind) return {};
    switch (a.kind) {
        case Value::Kind::unknown: return {};
        case Value::Kind::scalar:
            return Value::scalar(std::max(a.most, b.most), std::min(a.step, b.step));
        case Value::Kind::pointer: return join_pointers(a, b);
        case Value::Kind::map:
        case Value::Kind::function:
            return a.area == b.area ? Value::one_of(a.kind, a.set | b.set, a.area) : Value{};
    }
    return {};
}

State join(const State& a, const State& b) {
    State both;
    for (unsigned i = 0; i < register_count; ++i)
        both.registers[i] = join(a.registers[i], b.registers[i]);
    both.stack = a.stack & b.stack;
    return both;
}

}  // namespace bpftwin::differential
