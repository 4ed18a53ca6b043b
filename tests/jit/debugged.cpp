// Runs a program of two functions as machine code that GDB may know, for
// tests/jit/code_names_test.cpp.
#include <cstdio>

#include "tests/support/programs.h"

int main() {
    using namespace bpftwin;
    using namespace bpftwin::test;
    ProgramSpec program = assembled(R"(
        r1 = 41
        call add_one
        exit
        add_one: r0 = r1
        r0 += 1
        exit)");
    program.name = "answer";
    program.functions = {{0, "answer"}, {3, "add_one"}};
    const EngineCase jit{"jit", make_jit, {.safety = Safety::unsafe, .gdb = true}};
    std::printf("answer: %llu\n",
                static_cast<unsigned long long>(run_first(jit, object_of({program})).return_value));
}
