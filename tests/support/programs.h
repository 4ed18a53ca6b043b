// Short ways to objects, programs and runs for tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/bpftwin.h"
#include "tests/support/engines.h"

namespace bpftwin::test {

/// A program from assembler text; a test failure for text that does not assemble.
ProgramSpec assembled(std::string_view text, ProgType type = ProgType::unspec,
                      std::string name = "prog");

/// A program that adds one to the first value of the object's map of that index and returns it.
ProgramSpec counting_program(unsigned map, ProgType type = ProgType::unspec);

/// An object of these programs and maps.
ObjectSpec object_of(std::vector<ProgramSpec> programs, std::vector<MapSpec> maps = {});

/// An instance; the test fails with the error's text where there is none.
std::unique_ptr<Instance> instantiated(const EngineCase& engine, const ObjectSpec& object);

/// A run in `World::fixed()` of the object's first program.
RunResult run_first(const EngineCase& engine, const ObjectSpec& object, RunInput input = {});

/// The bytes of a string, and of a list of numbers.
Bytes bytes_of(std::string_view text);
Bytes bytes_of(std::initializer_list<unsigned> values);

}  // namespace bpftwin::test
