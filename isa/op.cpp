// Names derived from the instruction table.
#include "isa/op.h"

namespace bpftwin {

std::string_view name_of(ConformanceGroup group) {
    switch (group) {
        case ConformanceGroup::base32: return "base32";
        case ConformanceGroup::base64: return "base64";
        case ConformanceGroup::atomic32: return "atomic32";
        case ConformanceGroup::atomic64: return "atomic64";
        case ConformanceGroup::divmul32: return "divmul32";
        case ConformanceGroup::divmul64: return "divmul64";
        case ConformanceGroup::packet: return "packet";
        case ConformanceGroup::callx: return "callx";
        case ConformanceGroup::kernel: return "linux";
    }
    return {};
}

}  // namespace bpftwin
