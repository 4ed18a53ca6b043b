// func_info and line_info that do not fit their program, in the kernel's words.
#include "verifier/btf_info.h"

#include <functional>

#include "tests/btf/builder.h"
#include "tests/support/programs.h"
#include "tests/verifier/kernel_asked.h"
#include "tests/verifier/live_lines.h"

namespace bpftwin::test {
namespace {

/// Ids of the types below, and a line's name.
struct Names {
    BtfBuilder::Id number, entry, numbers, nothing, handler, hidden;
    std::uint32_t line, file;
};

/// An entry that calls a function, with the info that belongs to it.
struct Draft {
    Names names{};
    ObjectSpec object;

    explicit Draft(std::string_view handlers = "exception_callback:handler", unsigned tags = 0) {
        BtfBuilder b;
        names.number = b.int_("int", 4, BtfBuilder::is_signed);
        const auto proto = b.func_proto(names.number, {});
        const auto wide = b.func_proto(0, {});
        names.entry = b.func("entry", proto);
        names.numbers = b.func("numbers", proto);
        names.nothing = b.func("nothing", wide);
        names.handler = b.func("handler", proto);
        names.hidden = b.func("hidden", proto, BtfLinkage::static_);
        for (unsigned i = 0; i < tags; ++i) b.decl_tag(handlers, names.entry);
        names.line = b.string("a line");
        names.file = b.string("a.c");
        object = object_of(
            {assembled("call f\nr0 = 0\nexit\nf: r0 = 0\nexit", ProgType::socket_filter)});
        object.license = "GPL";
        object.btf = b.build();
        program().func_info = {{0, names.entry}, {3, names.numbers}};
        program().line_info = {line_at(0), line_at(3)};
    }

    ProgramSpec& program() { return object.programs.front(); }
    [[nodiscard]] LineInfo line_at(std::uint32_t insn) const {
        return {insn, names.file, names.line, 0};
    }
    void write(std::string_view text) {
        program().insns = assembled(text, ProgType::socket_filter).insns;
    }
};

struct InfoCase {
    std::string_view name;
    std::string_view reason;
    std::function<void(Draft&)> change;
    std::string_view tag = {};
    unsigned tags = 0;
};
void PrintTo(const InfoCase& c, std::ostream* out) { *out << c.name; }

class Info : public testing::TestWithParam<InfoCase> {};

TEST_P(Info, is_judged_as_by_the_kernel) {
    Draft draft(GetParam().tag, GetParam().tags);
    GetParam().change(draft);
    const auto flow = early_flow(draft.object, draft.program());
    EXPECT_EQ(flow ? "" : flow.error().reason, GetParam().reason);
    const Verdict kernel = kernel_verdict(draft.object);
    if (kernel.answer == Answer::not_loadable) GTEST_SKIP() << kernel.reason;
    EXPECT_EQ(kernel.reason, GetParam().reason) << kernel.log;
    EXPECT_EQ(kernel.error, flow ? 0 : flow.error().error);
}

constexpr std::string_view handled = "exception_callback:handler";

const InfoCase info_cases[] = {
    {"right", "", [](Draft&) {}},
    {"none", "", [](Draft& d) { d.program().func_info = {}, d.program().line_info = {}; }},
    {"first_function_is_elsewhere", "nonzero insn_off 1 for the first func info record",
     [](Draft& d) { d.program().func_info[0].insn = 1; }},
    {"functions_are_not_sorted",
     "same or smaller insn offset (0) than previous func info record (0)",
     [](Draft& d) { d.program().func_info[1].insn = 0; }},
    {"function_has_another_type", "invalid type id 1 in func info",
     [](Draft& d) { d.program().func_info[1].type_id = d.names.number; }},
    {"function_has_no_type", "invalid type id 900 in func info",
     [](Draft& d) { d.program().func_info[1].type_id = 900; }},
    {"function_is_missing", "number of funcs in func_info doesn't match number of subprogs",
     [](Draft& d) { d.program().func_info.pop_back(); }},
    {"function_begins_elsewhere",
     "func_info BTF section doesn't match subprog layout in BPF program",
     [](Draft& d) { d.program().func_info[1].insn = 2; }},
    {"line_of_the_entry_is_missing", "missing bpf_line_info for func#0",
     [](Draft& d) { d.program().line_info.erase(d.program().line_info.begin()); }},
    {"line_of_a_function_is_missing", "missing bpf_line_info for 1 funcs starting from func#1",
     [](Draft& d) { d.program().line_info.pop_back(); }},
    {"line_of_a_function_is_late", "missing bpf_line_info for func#1",
     [](Draft& d) { d.program().line_info[1].insn = 4; }},
    {"lines_are_not_sorted", "Invalid line_info[1].insn_off:0 (prev_offset:0 prog->len:5)",
     [](Draft& d) { d.program().line_info[1].insn = 0; }},
    {"line_is_outside", "Invalid line_info[2].insn_off:5 (prev_offset:3 prog->len:5)",
     [](Draft& d) { d.program().line_info.push_back(d.line_at(5)); }},
    {"line_has_no_text", "Invalid line_info[1].line_off or .file_name_off",
     [](Draft& d) { d.program().line_info[1].line_off = 5000; }},
    {"line_has_no_file", "Invalid line_info[0].line_off or .file_name_off",
     [](Draft& d) { d.program().line_info[0].file_name_off = 5000; }},
    {"line_in_a_constant", "Invalid insn code at line_info[1].insn_off",
     [](Draft& d) {
         d.write("r1 = 5 ll\nr0 = 0\nexit");
         d.program().func_info.pop_back();
         d.program().line_info[1].insn = 1;
     }},
    {"packet_load_without_types", "LD_ABS is not allowed in subprogs without BTF",
     [](Draft& d) {
         d.write("r6 = r1\ncall f\nexit\nf: r0 = *(u8 *)skb[4]\nexit");
         d.program().func_info = {}, d.program().line_info = {};
     }},
    {"packet_load_with_lines_only", "LD_ABS is not allowed in subprogs without BTF",
     [](Draft& d) {
         d.write("r6 = r1\ncall f\nexit\nf: r0 = *(u8 *)skb[4]\nexit");
         d.program().func_info = {};
     }},
    {"tail_call_without_types", "tail_call is not allowed in subprogs without BTF",
     [](Draft& d) {
         d.write("call f\nr0 = 0\nexit\nf: call 12\nexit");
         d.program().func_info = {}, d.program().line_info = {};
     }},
    {"packet_load_without_result", "LD_ABS is only allowed in functions that return 'int'.",
     [](Draft& d) {
         d.write("call f\nr0 = 0\nexit\nf: r0 = *(u8 *)skb[4]\nexit");
         d.program().func_info[1].type_id = d.names.nothing;
     }},
    {"tail_call_without_result", "tail_call is only allowed in functions that return 'int'.",
     [](Draft& d) {
         d.write("call f\nr0 = 0\nexit\nf: call 12\nexit");
         d.program().func_info[1].type_id = d.names.nothing;
     }},
    {"two_exception_callbacks", "multiple exception callback tags for main subprog", [](Draft&) {},
     handled, 2},
    {"exception_callback_is_unknown", "exception callback 'other' could not be found in BTF",
     [](Draft&) {}, "exception_callback:other", 1},
    {"exception_callback_is_static", "exception callback 'hidden' must have global linkage",
     [](Draft&) {}, "exception_callback:hidden", 1},
    {"exception_callback_is_elsewhere", "exception callback type id not found in func_info",
     [](Draft&) {}, handled, 1},
    {"exception_callback_is_the_entry", "invalid exception callback insn_off in func_info: 0",
     [](Draft&) {}, "exception_callback:entry", 1},
};
INSTANTIATE_TEST_SUITE_P(btf_info, Info, testing::ValuesIn(info_cases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(btf_info, an_exception_callback_is_reached) {
    Draft draft(handled, 1);
    draft.write("r0 = 0\nr0 = 0\nexit\nr0 = 1\nexit");
    EXPECT_EQ(early_flow(draft.object, draft.program()).error().reason,
              "exception callback type id not found in func_info");
    draft.program().func_info[1].type_id = draft.names.handler;
    const auto flow = early_flow(draft.object, draft.program());
    ASSERT_TRUE(flow) << flow.error().reason;
    EXPECT_TRUE(flow->subprograms[1].is_exception_callback);
}

TEST(btf_info, tells_the_type_of_a_function) {
    Draft draft;
    EXPECT_EQ(verifier::function_type(draft.object, draft.program(), 1)->name, "numbers");
    EXPECT_EQ(verifier::function_type(draft.object, draft.program(), 2), nullptr);
}

}  // namespace
}  // namespace bpftwin::test
