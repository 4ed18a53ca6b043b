// A user of the installed package: runs a two-instruction program, a skeleton where there is a
// compiler for it, and sees a bad object refused.
#include "bpftwin/bpftwin.h"

#include <array>
#include <cstdio>

#ifdef HAS_SKELETON
#include "counter.skel.h"

static bool skeleton_counts() {
    counter skel = counter::open().value();
    skel.rodata().step = 3;
    return skel.load(*bpftwin::make_interpreter()) && skel.programs().counter.run() &&
           skel.bss().count == 3;
}
#else
static bool skeleton_counts() { return true; }
#endif

int main() {
    using namespace bpftwin;

    ObjectSpec object;
    ProgramSpec& program = object.programs.emplace_back();
    program.name = "answer";
    program.insns = {{.code = 0xb7, .dst = 0, .src = 0, .off = 0, .imm = 42},  // r0 = 42
                     {.code = 0x95, .dst = 0, .src = 0, .off = 0, .imm = 0}};  // exit

    auto instance = make_interpreter()->instantiate(object, {});
    if (!instance) return std::puts(instance.error().message.c_str()), 1;
    const auto result = (*instance)->run("answer", {});
    if (!result) return std::puts(result.error().message.c_str()), 1;

    const std::array<std::byte, 4> no_elf{};
    const bool refused = !load_elf(no_elf, "no_elf");
    return !result->trap && result->return_value == 42 && refused && skeleton_counts() ? 0 : 1;
}
