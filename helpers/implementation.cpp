// The table from helper numbers to functions. A row that runs here without a declaration in
// helpers/calls.h does not compile, one without a definition does not link.
#include "helpers/implementation.h"

#include <array>

#include "helpers/adapter.h"
#include "helpers/calls.h"

namespace bpftwin {
namespace {

#define FUNCTION_here(name) &Adapter<&calls::name>::call
#define FUNCTION_engine(name) nullptr
#define FUNCTION_planned(name) nullptr

constexpr auto functions = std::to_array<HelperFunction>({
#define HELPER(id, name, since, returns, flags, program_types, runs, ...) FUNCTION_##runs(name),
#include "helpers/helpers.def"
});

#undef FUNCTION_here
#undef FUNCTION_engine
#undef FUNCTION_planned

}  // namespace

HelperFunction helper_function(std::uint32_t id) {
    return id >= 1 && id <= functions.size() ? functions[id - 1] : nullptr;
}

}  // namespace bpftwin
