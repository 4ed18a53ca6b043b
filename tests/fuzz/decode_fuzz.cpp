// Arbitrary bytes as instructions and as assembler text: validate, disassemble and assemble give a
// value or an error, and what is valid comes back unchanged from its text.
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "isa/assembler.h"
#include "isa/decode.h"
#include "isa/disasm.h"

namespace {

using namespace bpftwin;

void check_round_trip(const std::vector<Insn>& program) {
    auto listing = disassemble(program);
    if (!listing) {
        if (validate(program)) bug("a valid program has no text");
        return;
    }
    auto back = assemble(*listing);
    if (!back) bug("the disassembler's text is not read: " + back.error().message);
    if (*back != program) bug("the program differs from its text:\n" + *listing);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<Insn> program(size / sizeof(Insn));
    if (!program.empty()) std::memcpy(program.data(), data, program.size() * sizeof(Insn));
    check_round_trip(program);
    auto text = std::string_view(reinterpret_cast<const char*>(data), size);
    if (auto assembled = assemble(text)) check_round_trip(*assembled);
    return 0;
}
