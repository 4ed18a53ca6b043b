// Any bytes are an object or an error of one line, and an object keeps its promises.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "bpftwin/spec.h"
#include "bpftwin/target.h"

namespace bpftwin {
namespace {

void expect(bool holds, std::string_view promise) {
    if (!holds) bug(promise);
}

bool is_named_map(const ProgramSpec& program, std::size_t at) {
    const auto& insn = program.insns[at];
    return (insn.src == pseudo::map_fd || insn.src == pseudo::map_value) &&
           !std::ranges::binary_search(program.unnamed_maps, at);
}

void check_references(const ProgramSpec& program, std::size_t map_count) {
    for (std::size_t i = 0; i < program.insns.size(); ++i) {
        const auto& insn = program.insns[i];
        if (insn.code != 0x18) continue;
        if (is_named_map(program, i))
            expect(static_cast<std::uint32_t>(insn.imm) < map_count, "map references exist");
        ++i;
    }
}

void check(const ObjectSpec& object) {
    for (const auto& program : object.programs) {
        expect(!program.functions.empty() && program.functions[0].insn == 0,
               "a program begins with its entry");
        check_references(program, object.maps.size());
        for (const auto& reference : program.externs)
            expect(reference.insn < program.insns.size(), "externs are in the program");
    }
    for (const auto& map : object.maps)
        expect(!map.is_data() || map.contents.size() == map.value_size,
               "data maps have their contents");
}

}  // namespace
}  // namespace bpftwin

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bpftwin;
    auto object = load_elf(std::as_bytes(std::span(data, size)), "fuzz.o");
    if (object) {
        check(*object);
        object->kconfig = "CONFIG_HZ=100\nCONFIG_BPF=y\nCONFIG_CC_VERSION_TEXT=\"gcc\"\n";
        resolve_externs(*object, {.name = "a kernel of which nothing is known"});
        for (int i = 0; i < 2; ++i)
            resolve_core(*object, {.name = "its own types", .types = object->btf});
        check(*object);
        (void)config_text(std::as_bytes(std::span(data, size)));
    } else {
        expect(object.error().message.find('\n') == std::string::npos, "an error is one line");
    }
    return 0;
}
