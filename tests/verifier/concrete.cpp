// From rows to the functions of isa/semantics.h.
#include "tests/verifier/concrete.h"

#include <cstdlib>

#include "isa/semantics.h"

namespace bpftwin::test {

using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

std::uint64_t computed(Op op, u64 dst, u64 src) {
    const auto dst32 = static_cast<u32>(dst);
    const auto src32 = static_cast<u32>(src);
    switch (op) {
#define ALU(name, ...)                                              \
    case Op::name##32_k:                                            \
    case Op::name##32_x: return semantics::name<u32>(dst32, src32); \
    case Op::name##64_k:                                            \
    case Op::name##64_x: return semantics::name<u64>(dst, src);
#define NEG(name, ...)                                     \
    case Op::name##32: return semantics::name<u32>(dst32); \
    case Op::name##64: return semantics::name<u64>(dst);
#define END(name, code, bits, ...) \
    case Op::name##bits: return semantics::name<u##bits>(dst);
#define MOVSX(from, width, ...) \
    case Op::movsx##from##_##width: return semantics::movsx<from, width>(src);
#include "isa/insns.def"
        default: std::abort();
    }
}

bool is_taken(Op op, u64 dst, u64 src) {
    const auto dst32 = static_cast<u32>(dst);
    const auto src32 = static_cast<u32>(src);
    switch (op) {
#define JMP(name, ...)                                              \
    case Op::name##32_k:                                            \
    case Op::name##32_x: return semantics::name<u32>(dst32, src32); \
    case Op::name##64_k:                                            \
    case Op::name##64_x: return semantics::name<u64>(dst, src);
#include "isa/insns.def"
        default: std::abort();
    }
}

}  // namespace bpftwin::test
