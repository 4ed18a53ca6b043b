// Every access to every context and every return value near a limit, asked of the running kernel.
#include "verifier/context_access.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <ranges>
#include <utility>

#include "fmt/format.h"
#include "isa/builder.h"
#include "tests/support/programs.h"
#include "tests/verifier/forms.h"

namespace bpftwin::verifier {
namespace {

using namespace build;
using test::Form;

/// The kinds of access that a program can make, by instruction.
struct Instruction {
    std::uint32_t size;
    bool write, sign_extends;
    Insn (*at)(std::int16_t offset);
};

constexpr auto instructions = std::to_array<Instruction>({
    {1, false, false, [](std::int16_t off) { return ldxb(r2, r1, off); }},
    {2, false, false, [](std::int16_t off) { return ldxh(r2, r1, off); }},
    {4, false, false, [](std::int16_t off) { return ldxw(r2, r1, off); }},
    {8, false, false, [](std::int16_t off) { return ldxdw(r2, r1, off); }},
    {1, false, true, [](std::int16_t off) { return ldxsb(r2, r1, off); }},
    {2, false, true, [](std::int16_t off) { return ldxsh(r2, r1, off); }},
    {4, false, true, [](std::int16_t off) { return ldxsw(r2, r1, off); }},
    {1, true, false, [](std::int16_t off) { return stxb(r1, off, r2); }},
    {2, true, false, [](std::int16_t off) { return stxh(r1, off, r2); }},
    {4, true, false, [](std::int16_t off) { return stxw(r1, off, r2); }},
    {8, true, false, [](std::int16_t off) { return stxdw(r1, off, r2); }},
});

/// Where contexts have fields or end: all of the structs, and the ends of what is longer.
std::vector<std::uint32_t> offsets() {
    std::vector<std::uint32_t> all;
    for (const auto& [begin, end] : {std::pair{0U, 272U}, {8176U, 8208U}, {32752U, 32768U}})
        for (const std::uint32_t offset : std::views::iota(begin, end)) all.push_back(offset);
    return all;
}

constexpr auto kind_names = std::to_array<std::pair<RegType, std::string_view>>({
    {{RegKind::scalar_value}, "scalar"},
    {{RegKind::ptr_to_packet}, "pkt"},
    {{RegKind::ptr_to_packet_end}, "pkt_end"},
    {{RegKind::ptr_to_packet_meta}, "pkt_meta"},
    {{RegKind::ptr_to_flow_keys}, "flow_keys"},
    {{RegKind::ptr_to_tp_buffer}, "tp_buffer"},
    {{RegKind::ptr_to_socket}, "sock"},
    {{RegKind::ptr_to_socket, maybe_null}, "sock_or_null"},
    {{RegKind::ptr_to_sock_common, maybe_null}, "sock_common_or_null"},
});

std::string_view kind_name(RegType type) {
    for (const auto& [known, name] : kind_names)
        if (known == type) return name;
    return "?";
}

/// What the log says r2 holds: "pkt", "scalar"; "none" where the access is not allowed.
std::string_view found_by(const Verdict& verdict) {
    const std::string_view log = verdict.log;
    if (log.contains("invalid bpf_context access")) return "none";
    const auto begin = log.find(" R2");
    if (begin == std::string_view::npos) return verdict.reason;
    const auto text = log.substr(log.find('=', begin) + 1);
    return text.substr(0, text.find_first_of("(\n "));
}

/// Compares one access.
void compare(Judge& judge, const Form& form, const Instruction& instruction, std::uint32_t offset) {
    const Insn access = instruction.at(static_cast<std::int16_t>(offset));
    const auto ours = context_field(
        form.program, {offset, instruction.size, instruction.write, instruction.sign_extends});
    const auto program =
        instruction.write ? form.doing({mov(r2, 0), access}) : form.doing({access});
    const Verdict verdict = test::ask(judge, program, 2);
    const auto theirs = found_by(verdict);
    const auto found = !ours ? "none" : instruction.write ? theirs : kind_name(ours->type);
    EXPECT_TRUE(found == theirs && (!ours || verdict.answer == Answer::accepted))
        << form.name() << ": " << (instruction.write ? "write" : "read")
        << (instruction.sign_extends ? " signed" : "") << " of " << instruction.size << " at "
        << offset << ": kernel " << theirs << " (" << verdict.reason << "), ours " << found;
}

/// Where the context has the bounds of a packet.
struct PacketFields {
    std::uint32_t size, begin, end;

    /// These instructions where r2 points to 4 bytes of the packet.
    [[nodiscard]] std::vector<Insn> reach(const std::vector<Insn>& use) const {
        const auto load = size == 4 ? ldxw : ldxdw;
        std::vector<Insn> insns = {load(r2, r1, static_cast<std::int16_t>(begin)),
                                   load(r3, r1, static_cast<std::int16_t>(end)), mov(r4, r2),
                                   add(r4, 4), jgt(r4, r3, static_cast<std::int16_t>(use.size()))};
        insns.insert(insns.end(), use.begin(), use.end());
        return insns;
    }
};

/// A call that gives the helper the packet's first bytes.
std::vector<Insn> pass_to(const Helper& helper) {
    const auto number = call(static_cast<std::int32_t>(helper.id));
    const auto map = lddw_map(r1, 0);
    if (helper.args[0].type == ArgType::const_map_ptr) return {map[0], map[1], number};
    return {mov(r1, r2), mov(r2, 4), number};
}

std::optional<PacketFields> packet_fields(const ProgramSpec& program) {
    for (const std::uint32_t size : {4U, 8U}) {
        std::optional<std::uint32_t> begin, end;
        for (std::uint32_t offset = 0; offset < 272; offset += size) {
            const auto field = context_field(program, {offset, size, false});
            if (field && field->type.kind == RegKind::ptr_to_packet) begin = offset;
            if (field && field->type.kind == RegKind::ptr_to_packet_end) end = offset;
        }
        if (begin && end) return PacketFields{size, *begin, *end};
    }
    return std::nullopt;
}

class Contexts : public testing::TestWithParam<ProgType> {};

TEST_P(Contexts, give_what_the_kernel_gives_at_every_offset) {
    const auto judge = test::make_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    if (!has_context_table(GetParam())) GTEST_SKIP() << "contexts of this type are typed by BTF";
    const auto forms = test::forms_of(**judge, GetParam());
    if (forms.empty()) GTEST_SKIP() << "the kernel takes no such programs";
    for (const std::uint32_t offset : offsets())
        for (const Instruction& instruction : instructions)
            compare(**judge, forms.front(), instruction, offset);
}

/// What depends on the attach type are whole fields.
TEST_P(Contexts, give_what_the_kernel_gives_under_every_attach_type) {
    const auto judge = test::make_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    if (!has_context_table(GetParam())) GTEST_SKIP() << "contexts of this type are typed by BTF";
    for (const Form& form : test::forms_of(**judge, GetParam()))
        for (std::uint32_t offset = 0; offset < 272; offset += 4)
            for (const Instruction& instruction : instructions)
                if (instruction.size >= 4 && !instruction.sign_extends)
                    compare(**judge, form, instruction, offset);
}

TEST_P(Contexts, lead_to_return_values_that_the_kernel_allows) {
    const auto judge = test::make_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    for (const Form& form : test::forms_of(**judge, GetParam())) {
        if (form.program.attach_target == "task_free") continue;  // A hook without a value.
        const auto range = return_range(form.program);
        for (const std::int32_t value : {-4096, -4095, -1, 0, 1, 2, 3, 4, 1000}) {
            const bool ours = !range || (range->min <= value && value <= range->max);
            const Verdict verdict = test::ask(**judge, Form{form.program, value}.doing({}));
            EXPECT_EQ(verdict.answer == Answer::accepted, ours)
                << form.name() << " returns " << value << ": " << verdict.reason;
        }
    }
}

TEST_P(Contexts, lead_to_packets_that_the_kernel_lets_programs_read_and_write) {
    const auto judge = test::make_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    if (!has_context_table(GetParam())) GTEST_SKIP() << "contexts of this type are typed by BTF";
    MapSpec hash;
    hash.name = "hash";
    hash.type = MapType::hash;
    hash.key_size = hash.value_size = hash.max_entries = 4;
    for (const Form& form : test::forms_of(**judge, GetParam())) {
        const auto packet = packet_fields(form.program);
        if (!packet) GTEST_SKIP() << "no packet";
        const auto accepts = [&](const std::vector<Insn>& use) {
            const auto object = test::object_of({form.doing(packet->reach(use))}, {hash});
            return test::ask(**judge, object).answer == Answer::accepted;
        };
        EXPECT_TRUE(accepts({ldxb(r0, r2, 0)})) << form.name();
        EXPECT_EQ(accepts({stb(r2, 0, 0)}), writes_packets(form.program)) << form.name();
        for (const char* name : {"map_lookup_elem", "trace_printk"}) {
            const Helper& helper = *helper_named(name);
            EXPECT_EQ(accepts(pass_to(helper)), may_pass_packet(GetParam(), helper))
                << form.name() << ' ' << name;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(of, Contexts, testing::ValuesIn(prog_types().begin(), prog_types().end()),
                         [](const auto& type) { return std::string(name_of(type.param)); });

}  // namespace
}  // namespace bpftwin::verifier
