#include "helpers/prototype.h"

#include <linux/bpf.h>

#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "btf/btf.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "helpers/implementation.h"

namespace bpftwin {
namespace {

const Helper& helper(std::string_view name) { return *helper_named(name); }

TEST(helper_table, has_the_211_helpers_of_linux_6_18) { EXPECT_EQ(helper_table().size(), 211U); }

TEST(helper_table, names_and_numbers_agree_with_the_uapi_header) {
    struct Listed {
        std::string_view name;
        std::uint32_t id;
    };
    const std::vector<Listed> listed = {
#define LISTED(name, ...) {#name, BPF_FUNC_##name}
        __BPF_FUNC_MAPPER(LISTED)
#undef LISTED
    };
    for (const Listed& entry : listed) {
        if (entry.id == 0) continue;
        ASSERT_NE(helper_by_id(entry.id), nullptr) << entry.name;
        EXPECT_EQ(helper_by_id(entry.id)->name, entry.name);
    }
}

TEST(helper_table, finds_by_number_and_by_name) {
    EXPECT_EQ(helper_by_id(1)->name, "map_lookup_elem");
    EXPECT_EQ(helper_by_id(211)->name, "cgrp_storage_delete");
    EXPECT_EQ(helper_by_id(0), nullptr);
    EXPECT_EQ(helper_by_id(212), nullptr);
    EXPECT_EQ(helper_named("ringbuf_reserve")->id, 131U);
    EXPECT_EQ(helper_named("unspec"), nullptr);
}

TEST(helper_table, arguments_end_at_the_first_none) {
    for (const Helper& row : helper_table()) {
        bool ended = false;
        for (const Arg& arg : row.args) {
            EXPECT_FALSE(ended && arg.type != ArgType::none) << row.name;
            ended = arg.type == ArgType::none;
        }
    }
}

TEST(helper_table, sizes_follow_memory_and_memory_has_a_size) {
    const auto is_size = [](const Arg& arg) {
        return arg.type == ArgType::const_size || arg.type == ArgType::const_size_or_zero;
    };
    for (const Helper& row : helper_table()) {
        for (std::size_t i = 0; i < row.args.size(); ++i) {
            const bool sized = i + 1 < row.args.size() && is_size(row.args[i + 1]);
            const bool needs_size = row.args[i].type == ArgType::mem && row.args[i].fixed == 0;
            EXPECT_EQ(needs_size, sized) << row.name << " argument " << i + 1;
        }
    }
}

TEST(helper_table, keys_and_values_follow_a_map) {
    for (const Helper& row : helper_table()) {
        bool map_seen = false;
        for (const Arg& arg : row.args) {
            map_seen |= arg.type == ArgType::const_map_ptr;
            const bool needs_map = arg.type == ArgType::map_key || arg.type == ArgType::map_value;
            EXPECT_TRUE(map_seen || !needs_map) << row.name;
        }
    }
}

TEST(helper_table, first_kernels_never_go_backwards) {
    const auto version = [](std::string_view text) {
        const std::size_t dot = text.find('.');
        return std::stoi(std::string(text.substr(0, dot))) * 100 +
               std::stoi(std::string(text.substr(dot + 1)));
    };
    int last = 0;
    for (const Helper& row : helper_table()) {
        EXPECT_GE(version(row.since), last) << row.name;
        last = version(row.since);
    }
}

TEST(helper_table, implemented_rows_have_a_function_unless_the_engine_does_them) {
    for (const Helper& row : helper_table()) {
        const bool expected = row.implemented && row.name != "tail_call";
        EXPECT_EQ(helper_function(row.id) != nullptr, expected) << row.name;
    }
    EXPECT_EQ(helper_function(0), nullptr);
    EXPECT_EQ(helper_function(212), nullptr);
}

TEST(available_to, follows_the_program_types_of_the_kernel) {
    EXPECT_TRUE(available_to(helper("map_lookup_elem"), ProgType::lirc_mode2));
    EXPECT_TRUE(available_to(helper("loop"), ProgType::netfilter));
    EXPECT_FALSE(available_to(helper("loop"), ProgType::lirc_mode2));
    EXPECT_TRUE(available_to(helper("xdp_adjust_head"), ProgType::xdp));
    EXPECT_FALSE(available_to(helper("xdp_adjust_head"), ProgType::sched_cls));
    EXPECT_TRUE(available_to(helper("redirect"), ProgType::lwt_xmit));
    EXPECT_FALSE(available_to(helper("redirect"), ProgType::lwt_in));
    EXPECT_TRUE(available_to(helper("probe_read"), ProgType::lsm));
    EXPECT_FALSE(available_to(helper("probe_read"), ProgType::xdp));
    EXPECT_TRUE(available_to(helper("perf_event_output"), ProgType::kprobe));
    EXPECT_FALSE(available_to(helper("perf_event_output"), ProgType::sk_reuseport));
    EXPECT_TRUE(available_to(helper("skb_load_bytes_relative"), ProgType::cgroup_skb));
    EXPECT_FALSE(available_to(helper("skb_load_bytes_relative"), ProgType::lwt_out));
    EXPECT_FALSE(available_to(helper("map_lookup_elem"), ProgType::unspec));
    EXPECT_FALSE(available_to(helper("map_lookup_elem"), static_cast<ProgType>(1000)));
}

TEST(available_to, everything_may_be_called_where_the_replaced_program_decides) {
    for (const Helper& row : helper_table()) EXPECT_TRUE(available_to(row, ProgType::ext));
}

TEST(helper_table, agrees_with_the_types_of_the_running_kernel) {
    std::ifstream file("/sys/kernel/btf/vmlinux", std::ios::binary);
    if (!file) GTEST_SKIP() << "this kernel shows no types in /sys/kernel/btf/vmlinux";
    const std::string raw(std::istreambuf_iterator<char>(file), {});
    const auto btf = Btf::parse(std::as_bytes(std::span(raw)));
    ASSERT_TRUE(btf) << btf.error().message;
    const auto id = (*btf)->find("bpf_func_id", BtfKind::enum_);
    if (!id) GTEST_SKIP() << "this kernel's types have no enum bpf_func_id";
    for (const BtfEnumerator& entry : (*btf)->enumerators((*btf)->type(*id))) {
        const std::string_view prefix = "BPF_FUNC_";
        if (!entry.name.starts_with(prefix) || entry.value == 0) continue;
        const Helper* row = helper_by_id(static_cast<std::uint32_t>(entry.value));
        ASSERT_NE(row, nullptr) << entry.name << " is newer than the table";
        EXPECT_EQ(row->name, entry.name.substr(prefix.size()));
    }
}

}  // namespace
}  // namespace bpftwin
