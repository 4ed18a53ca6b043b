#include "verifier/helper_traits.h"

#include <vector>

#include "bpftwin/error.h"
#include "helpers/prototype.h"

namespace bpftwin::verifier {
namespace {

std::vector<std::uint8_t> trait_table() {
    std::vector<std::uint8_t> table(helper_table().size() + 1);
    const auto add = [&](HelperTrait trait, std::string_view name) {
        const Helper* helper = helper_named(name);
        if (!helper) bug("a trait of no helper");
        table[helper->id] |= trait;
    };
#define HELPER_TRAIT(trait, helper) add(trait, #helper);
#include "verifier/helper_traits.def"
    return table;
}

}  // namespace

bool has_trait(std::uint32_t helper, HelperTrait trait) {
    static const std::vector<std::uint8_t> table = trait_table();
    return helper < table.size() && (table[helper] & trait) != 0;
}

}  // namespace bpftwin::verifier
