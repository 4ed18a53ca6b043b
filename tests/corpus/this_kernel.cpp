#include "tests/corpus/this_kernel.h"

#include "bpftwin/kernel.h"
#include "fmt/format.h"

namespace bpftwin::test {
namespace {

/// Asks for a value of the configuration, the version, a symbol without type and a function.
ObjectSpec curious() {
    using Kind = ExternSpec::Kind;
    ObjectSpec object;
    object.externs = {{.name = "CONFIG_X", .kind = Kind::config, .type_id = 0},
                      {.name = "LINUX_KERNEL_VERSION", .kind = Kind::config, .type_id = 0},
                      {.name = "x", .kind = Kind::variable, .type_id = 0},
                      {.name = "no_such_function", .kind = Kind::function, .type_id = 0}};
    return object;
}

}  // namespace

const Target& this_kernel() {
    static const Target target = target_for(curious()).value();
    return target;
}

std::string make_ready(ObjectSpec& object) {
    resolve_core(object, this_kernel());
    for (const ExternOutcome& outcome : resolve_externs(object, this_kernel()))
        if (outcome.state == ExternState::failed)
            return fmt::format("extern {}: {}", outcome.name, outcome.why);
    return "";
}

}  // namespace bpftwin::test
