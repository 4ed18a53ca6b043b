#include "tests/corpus/annotations.h"

#include <algorithm>
#include <climits>
#include <string_view>

#include "btf/btf.h"

namespace bpftwin::test {
namespace {

constexpr std::pair<std::string_view, std::uint32_t> flag_names[] = {
    {"BPF_F_STRICT_ALIGNMENT", 1},     {"BPF_F_ANY_ALIGNMENT", 2}, {"BPF_F_TEST_RND_HI32", 4},
    {"BPF_F_TEST_STATE_FREQ", 8},      {"BPF_F_SLEEPABLE", 16},    {"BPF_F_XDP_HAS_FRAGS", 32},
    {"BPF_F_TEST_REG_INVARIANTS", 128}};

void add_flag(Annotations& annotations, std::string_view text) {
    auto& flags = text.starts_with('!') ? annotations.cleared_flags : annotations.flags;
    if (text.starts_with('!')) text.remove_prefix(1);
    const auto row = std::ranges::find(flag_names, text, [](const auto& row) { return row.first; });
    flags |= row != std::end(flag_names)
                 ? row->second
                 : static_cast<std::uint32_t>(std::stoul(std::string(text), nullptr, 0));
}

void add_tag(Annotations& annotations, std::string_view tag) {
    const auto after = [&](std::string_view prefix) -> std::optional<std::string_view> {
        if (!tag.starts_with(prefix)) return std::nullopt;
        return tag.substr(prefix.size());
    };
    if (const auto numbered = after("comment:test_expect_msg=")) {
        const auto equals = numbered->find('=');
        annotations.messages.emplace_back(std::stoi(std::string(numbered->substr(0, equals))),
                                          numbered->substr(equals + 1));
    } else if (const auto level = after("comment:test_log_level=")) {
        annotations.log_level = static_cast<std::uint32_t>(std::stoul(std::string(*level)));
    } else if (const auto flag = after("comment:test_prog_flags=")) {
        add_flag(annotations, *flag);
    } else if (const auto machine = after("comment:test_arch=")) {
        annotations.elsewhere = *machine != "X86_64";
    } else if (const auto result = after("comment:test_retval=")) {
        annotations.result = *result;
    }
    annotations.refused |= tag == "comment:test_expect_failure";
    annotations.helps |= tag == "comment:test_auxiliary";
}

}  // namespace

void Annotations::apply_flags(ProgramSpec& program) const {
    program.prog_flags = (program.prog_flags | flags) & ~cleared_flags;
}

std::optional<std::uint32_t> result_of(const std::string& text) {
    if (text == "TEST_DATA_LEN") return selftest_packet_size;
    if (text == "INT_MIN") return static_cast<std::uint32_t>(INT_MIN);
    const bool is_hex = text.starts_with("0x");
    char* end = nullptr;
    const long value = std::strtol(text.c_str() + (is_hex ? 2 : 0), &end, is_hex ? 16 : 10);
    if (text.empty() || *end != '\0') return std::nullopt;
    return static_cast<std::uint32_t>(value);
}

std::map<std::string, Annotations> annotations_of(const Btf& types) {
    std::map<std::string, Annotations> all;
    for (std::uint32_t id = 1; id < types.type_count(); ++id) {
        const BtfType& tag = types.type(id);
        if (tag.kind == BtfKind::decl_tag && tag.name.starts_with("comment:"))
            add_tag(all[std::string(types.type(tag.type).name)], tag.name);
    }
    for (auto& [name, annotations] : all) std::ranges::sort(annotations.messages);
    return all;
}

}  // namespace bpftwin::test
