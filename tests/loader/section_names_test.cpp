// Section names against the table itself and against libbpf.
#include "loader/section_names.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

#ifdef BPFTWIN_LIBBPF
#include <bpf/libbpf.h>
#endif

namespace bpftwin {
namespace {

TEST(section_names, kprobe_carries_its_target) {
    auto meaning = section_meaning("kprobe/do_unlinkat");
    EXPECT_EQ(meaning.type, ProgType::kprobe);
    EXPECT_EQ(meaning.attach_target, "do_unlinkat");
    EXPECT_FALSE(meaning.attach_type);
}

TEST(section_names, tracepoint_target_keeps_its_slashes) {
    EXPECT_EQ(section_meaning("tracepoint/syscalls/sys_enter_open").attach_target,
              "syscalls/sys_enter_open");
}

TEST(section_names, sleepable_and_frags_become_program_flags) {
    EXPECT_EQ(section_meaning("lsm.s/file_open").prog_flags, BPF_F_SLEEPABLE);
    EXPECT_EQ(section_meaning("xdp.frags").prog_flags, BPF_F_XDP_HAS_FRAGS);
    EXPECT_EQ(section_meaning("xdp").prog_flags, 0u);
}

TEST(section_names, attach_type_zero_is_told_from_none) {
    EXPECT_EQ(section_meaning("cgroup_skb/ingress").attach_type, AttachType::cgroup_inet_ingress);
    EXPECT_FALSE(section_meaning("cgroup/skb").attach_type);
}

TEST(section_names, names_before_libbpf_1_match_by_prefix) {
    EXPECT_EQ(section_meaning("socket1").type, ProgType::socket_filter);
    EXPECT_EQ(section_meaning("xdp_prog").type, ProgType::xdp);
    EXPECT_EQ(section_meaning("cgroup/sock2").type, ProgType::cgroup_sock);
    EXPECT_EQ(section_meaning("socket/3").attach_target, "3");
}

TEST(section_names, an_exact_row_wins_over_a_prefix) {
    EXPECT_EQ(section_meaning("xdp/devmap").attach_type, AttachType::xdp_devmap);
    EXPECT_EQ(section_meaning("sk_skb/verdict").attach_type, AttachType::sk_skb_verdict);
}

TEST(section_names, a_target_needs_its_slash) {
    EXPECT_EQ(section_meaning("kprobes").type, ProgType::unspec);
    EXPECT_EQ(section_meaning("fentry").type, ProgType::tracing);
}

TEST(section_names, unknown_names_leave_the_type_open) {
    EXPECT_EQ(section_meaning("tail-32").type, ProgType::unspec);
    EXPECT_EQ(section_meaning("").type, ProgType::unspec);
}

#ifdef BPFTWIN_LIBBPF
/// Program and attach type, or 0 for names that libbpf does not know. Its numbers may be newer than
/// the enumerations of the system's headers.
__attribute__((no_sanitize("enum"))) std::pair<unsigned, unsigned> meaning_to_libbpf(
    const std::string& name) {
    bpf_prog_type type{};
    bpf_attach_type attach{};
    if (libbpf_prog_type_by_name(name.c_str(), &type, &attach) != 0) return {};
    return {static_cast<unsigned>(type), static_cast<unsigned>(attach)};
}
#endif

TEST(section_names, libbpf_agrees_on_every_name_it_knows) {
#ifdef BPFTWIN_LIBBPF
    libbpf_set_print(nullptr);
    constexpr std::string_view names[] = {
#define SECTION(name, ...) name,
#include "loader/sections.def"
    };
    unsigned known = 0;
    for (auto name : names) {
        // libbpf also wants a target where one can follow, so both spellings are asked.
        for (const auto& spelling : {std::string(name), std::string(name) + "/x"}) {
            const auto [type, attach] = meaning_to_libbpf(spelling);
            if (type == 0) continue;
            ++known;
            auto meaning = section_meaning(spelling);
            EXPECT_EQ(static_cast<unsigned>(meaning.type), type) << spelling;
            // Attach types that libbpf 1.1 did not set yet.
            if (attach == 0 || name == "tc/ingress") continue;
            ASSERT_TRUE(meaning.attach_type) << spelling;
            EXPECT_EQ(static_cast<unsigned>(*meaning.attach_type), attach) << spelling;
        }
    }
    EXPECT_GT(known, 100u);
#else
    GTEST_SKIP() << "libbpf is not installed";
#endif
}

}  // namespace
}  // namespace bpftwin
