// Any bytes are a `.BTF.ext` or an error of one line; its records are sorted, refer to types that
// exist, and can be cut into functions.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "loader/btf_ext.h"
#include "tests/btf/builder.h"

namespace {

using namespace bpftwin;

void expect(bool holds, std::string_view promise) {
    if (!holds) bug(promise);
}

std::shared_ptr<const Btf> small_types() {
    test::BtfBuilder b;
    const auto number = b.int_("int", 4, test::BtfBuilder::is_signed);
    b.struct_("event", 8, {{"pid", number, 0}, {"tid", number, 32}});
    const auto prototype = b.func_proto(number, {});
    b.func("run", prototype);
    b.func("step", prototype);
    for (std::string_view text : {"xdp", ".text", "tc", "0:1", "0", "in.c", "int run(void)"})
        b.string(text);
    return b.build();
}

template <class Record>
void check_order(const std::vector<Record>& records) {
    const auto out_of_order = [](const Record& a, const Record& b) { return a.insn >= b.insn; };
    expect(std::ranges::adjacent_find(records, out_of_order) == records.end(),
           "records are sorted, one per instruction");
}

void check(const InsnInfo& info, const Btf& btf) {
    check_order(info.functions);
    check_order(info.lines);
    check_order(info.core);
    for (const FuncInfo& function : info.functions)
        expect(btf.kind(function.type_id) == BtfKind::func, "functions are functions");
    for (const CoreRelocation& core : info.core)
        expect(core.type_id < btf.type_count(), "types of relocations exist");
    constexpr InsnRange range{.first = 1, .end = 4, .base = 100};
    std::vector<LineInfo> lines;
    info.copy_lines(range, lines);
    expect(info.has_lines(range) == !lines.empty(), "a range has lines or not");
    for (const LineInfo& line : lines)
        expect(line.insn >= 100 && line.insn < 103, "copies are renumbered");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto types = small_types();
    const auto ext = parse_btf_ext(std::as_bytes(std::span(data, size)), *types);
    if (!ext) {
        expect(!ext.error().message.empty(), "an error says what is wrong");
        return 0;
    }
    for (const auto& [section, info] : *ext) check(info, *types);
    return 0;
}
