#include "verifier/refused_types.h"

#include <algorithm>

#include "helpers/special_fields.h"

namespace bpftwin::verifier {
namespace {

/// Whether a function of the program has a parameter without name, as naked ones have.
bool has_unnamed_parameter(const Btf& types, const BtfType& function) {
    return std::ranges::any_of(types.params(types.type(function.type)), [](const BtfParam& param) {
        return param.type != 0 && param.name.empty();
    });
}

}  // namespace

bool refuses(const Btf& types, const Btf* kernel) {
    for (std::uint32_t id = 1; id < types.type_count(); ++id) {
        const BtfType& type = types.type(id);
        if (type.kind == BtfKind::func && type.linkage != BtfLinkage::extern_ &&
            has_unnamed_parameter(types, type))
            return true;
    }
    return has_wrong_fields(types, kernel);
}

ObjectSpec without_types(const ObjectSpec& object, const ProgramSpec& program) {
    ObjectSpec bare = object;
    bare.btf = nullptr;
    bare.programs = {program};
    bare.programs[0].func_info.clear();
    bare.programs[0].line_info.clear();
    return bare;
}

}  // namespace bpftwin::verifier
