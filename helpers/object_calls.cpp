// Objects in map values, and what exists once per CPU (kernel/bpf/helpers.c).
#include "fmt/format.h"
#include "helpers/calls.h"
#include "helpers/object_heap.h"
#include "helpers/require.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

/// That CPU's part of an object or variable: 0 where there is none. Stops the program where it is
/// neither.
std::uint64_t part_of(Runtime& runtime, std::uint64_t whole, std::uint32_t cpu) {
    ObjectHeap* heap = runtime.heap();
    if (heap && heap->kind_at(whole)) return heap->part_of(whole, cpu);
    if (heap && runtime.objects() && whole >= kernel_address(0)) {
        if (cpu >= heap->cpu_count()) return 0;
        const std::uint64_t place = whole - kernel_address(0);
        const auto type = static_cast<std::uint32_t>(place / kernel_symbol_room);
        if (const std::uint64_t found = runtime.objects()->variable(type, cpu))
            return found + place % kernel_symbol_room;
    }
    refuse_argument(runtime, fmt::format("{:#x} is nothing that each CPU has", whole));
    return 0;
}

}  // namespace

std::uint64_t kptr_xchg(Runtime& runtime, std::uint64_t place, std::uint64_t object) {
    constexpr std::uint64_t size = sizeof(std::uint64_t);
    if (place % size != 0 || !runtime.memory().allows(place, size, true)) {
        refuse_argument(runtime, fmt::format("there is no pointer to an object at {:#x}", place));
        return 0;
    }
    if (object != 0) runtime.kept_pointers().push_back(place);
    return __atomic_exchange_n(reinterpret_cast<std::uint64_t*>(place), object, __ATOMIC_ACQ_REL);
}

std::uint64_t per_cpu_ptr(Runtime& runtime, std::uint64_t whole, std::uint32_t cpu) {
    return part_of(runtime, whole, cpu);
}

std::uint64_t this_cpu_ptr(Runtime& runtime, std::uint64_t whole) {
    return part_of(runtime, whole, runtime.world().world().cpu);
}

}  // namespace bpftwin::calls
