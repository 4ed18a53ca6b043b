// Lookup by name in a loaded object.
#include "bpftwin/spec.h"

#include <algorithm>

namespace bpftwin {
namespace {

template <class Specs>
auto named(Specs& specs, std::string_view name) {
    auto found = std::ranges::find_if(specs, [&](const auto& spec) { return spec.name == name; });
    return found == specs.end() ? nullptr : &*found;
}

}  // namespace

const ProgramSpec* ObjectSpec::program(std::string_view wanted) const {
    return named(programs, wanted);
}
const MapSpec* ObjectSpec::map(std::string_view wanted) const { return named(maps, wanted); }
ProgramSpec* ObjectSpec::program(std::string_view wanted) { return named(programs, wanted); }
MapSpec* ObjectSpec::map(std::string_view wanted) { return named(maps, wanted); }

}  // namespace bpftwin
