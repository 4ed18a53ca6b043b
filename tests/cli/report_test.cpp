#include "cli/report.h"

#include "cli/map_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "vm/context.h"

namespace bpftwin::cli {
namespace {

Bytes byte(int value) { return {static_cast<std::byte>(value)}; }

/// An object with one program and one map of one-byte keys and values.
ObjectSpec object_with_map(MapType type) {
    ObjectSpec object;
    MapSpec map;
    map.name = "m";
    map.type = type;
    map.key_size = map.value_size = 1;
    map.max_entries = 8;
    object.maps.push_back(map);
    ProgramSpec program;
    program.name = "p";
    program.section = "xdp";
    program.type = ProgType::xdp;
    object.programs.push_back(program);
    return object;
}

std::string text_of_map(MapType type, std::vector<MapEntry> entries) {
    ObjectSpec object = object_with_map(type);
    return map_text(object, {&object.maps[0], std::move(entries)}, {});
}

/// What a report prints for these outcomes.
template <class MakeReport>
std::string printed(const RunPlan& plan, MakeReport make, const std::vector<Outcome>& outcomes) {
    testing::internal::CaptureStdout();
    auto report = make(plan);
    report->begin();
    for (const Outcome& outcome : outcomes) report->add(outcome);
    report->end({}, nullptr);
    std::fflush(stdout);
    return testing::internal::GetCapturedStdout();
}

Outcome xdp_outcome(std::uint64_t number, std::uint64_t value) {
    Outcome outcome;
    outcome.number = number;
    outcome.packet_before = Bytes(60);
    outcome.result.packet = Bytes(60);
    outcome.result.return_value = value;
    return outcome;
}

class Reports : public testing::Test {
protected:
    std::string text(const std::vector<Outcome>& outcomes) {
        plan_.many = outcomes.size() > 1;
        return printed(plan_, [](const RunPlan& plan) { return text_report(plan, {}); }, outcomes);
    }
    Json json(const std::vector<Outcome>& outcomes) {
        return Json::parse(printed(plan_, json_report, outcomes));
    }

    ObjectSpec object_ = object_with_map(MapType::ringbuf);
    RunPlan plan_{object_,
                  object_.programs[0],
                  "p.o",
                  "mix.pcap",
                  "interpreter",
                  Safety::checked,
                  nullptr,
                  {},
                  1,
                  false,
                  false,
                  false};
};

TEST(report, returns_are_named_or_signed) {
    ProgramSpec xdp;
    xdp.type = ProgType::xdp;
    ProgramSpec kprobe;
    kprobe.type = ProgType::kprobe;
    EXPECT_EQ(return_label(xdp, 2), "XDP_PASS");
    EXPECT_EQ(return_label(kprobe, 7), "7");
    EXPECT_EQ(return_label(kprobe, 0xffffffff), "-1");
    EXPECT_EQ(return_label(kprobe, ~std::uint64_t{0}), "-1");
    EXPECT_EQ(return_label(kprobe, 0x100000000), "4294967296");
}

TEST(report, context_changes_are_named) {
    Bytes before(context_layout(ProgType::xdp).size);
    Bytes after = before;
    after[context_layout(ProgType::xdp).field("rx_queue_index")->offset] = std::byte{3};
    auto changes = changed_fields(ProgType::xdp, before, after);
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_EQ(changes[0].name, "rx_queue_index");
    EXPECT_EQ(changes[0].after, 3u);
}

TEST(report, hash_maps_show_all_entries_and_arrays_only_used_ones) {
    std::vector<MapEntry> entries = {{byte(0), {byte(0)}}, {byte(1), {byte(5)}}};
    EXPECT_EQ(text_of_map(MapType::hash, entries),
              "map m (hash, 2 of 8 entries)\n  00 -> 00\n  01 -> 05\n");
    EXPECT_EQ(text_of_map(MapType::array, entries),
              "map m (array, 1 of 8 entries not zero)\n  01 -> 05\n");
    EXPECT_EQ(text_of_map(MapType::hash, {}), "map m (hash, empty)\n");
    EXPECT_EQ(text_of_map(MapType::ringbuf, {}), "");
}

TEST(report, per_cpu_values_show_only_used_cpus) {
    EXPECT_EQ(text_of_map(MapType::percpu_hash, {{byte(1), {byte(0), byte(5), byte(6)}},
                                                 {byte(2), {byte(0), byte(0), byte(0)}}}),
              "map m (percpu_hash, 2 of 8 entries)\n  01 -> cpu1 05, cpu2 06\n"
              "  02 -> 0 on every CPU\n");
}

TEST_F(Reports, one_packet_is_described_in_full) {
    Outcome outcome = xdp_outcome(1, 4);
    outcome.result.packet->resize(62);
    outcome.result.redirect = Redirect{Redirect::Kind::map, 9, "ports", 3, 0};
    outcome.result.trace = {"hello"};
    outcome.result.events = {{"m", 0, byte('A')}};
    EXPECT_EQ(text({outcome}),
              "p (xdp) returned XDP_REDIRECT (4)\n"
              "  redirect to map ports[3], device 9\n"
              "  trace hello\n"
              "  event m, 1 byte\n"
              "    0000  41                                               A\n"
              "packet changed (60 -> 62 bytes)\n"
              "  + 003c  00 00                                            ..\n");
}

TEST_F(Reports, many_packets_take_a_line_each_and_a_summary) {
    Outcome changed = xdp_outcome(2, 2);
    changed.result.packet->front() = std::byte{1};
    Outcome trapped = xdp_outcome(3, 0);
    trapped.result.trap = Trap{};
    trapped.result.trap->reason = "out of bounds";
    std::string output = text({xdp_outcome(1, 1), changed, trapped, xdp_outcome(4, 2)});
    EXPECT_THAT(output, testing::StartsWith("p (xdp) on packets of mix.pcap\n"
                                            "     #1  XDP_DROP      60 bytes\n"
                                            "     #2  XDP_PASS      60 bytes, changed\n"
                                            "     #3  TRAP          60 bytes\n"));
    EXPECT_THAT(output, testing::HasSubstr("out of bounds"));
    EXPECT_THAT(output, testing::EndsWith("     #4  XDP_PASS      60 bytes\n"
                                          "4 packets: XDP_PASS 2, XDP_DROP 1, trapped 1\n"));
}

TEST_F(Reports, a_summary_leaves_single_packets_out) {
    plan_.summary_only = true;
    EXPECT_EQ(text({xdp_outcome(1, 2), xdp_outcome(2, 2)}),
              "p (xdp) on packets of mix.pcap\n2 packets: XDP_PASS 2\n");
}

TEST_F(Reports, json_mirrors_the_result) {
    Outcome outcome = xdp_outcome(1, 2);
    outcome.result.events = {{"m", 3, byte(1)}};
    Json document = json({outcome, xdp_outcome(2, 77)});
    EXPECT_EQ(document["program"], "p");
    EXPECT_EQ(document["safety"], "checked");
    EXPECT_EQ(document["returned"]["XDP_PASS"], 1);
    EXPECT_TRUE(document["error"].is_null());
    const Json& run = document["runs"][0];
    EXPECT_EQ(run["return_value"], 2);
    EXPECT_EQ(run["return_name"], "XDP_PASS");
    EXPECT_EQ(run["events"][0]["cpu"], 3);
    EXPECT_EQ(run["events"][0]["hex"], "01");
    EXPECT_FALSE(run.contains("duration_ns"));
    EXPECT_TRUE(document["runs"][1]["return_name"].is_null());
}

TEST_F(Reports, json_tells_what_was_reported_of_a_remote_control) {
    using Kind = RemoteEvent::Kind;
    Outcome outcome = xdp_outcome(1, 2);
    outcome.result.remote = {{.kind = Kind::keydown, .protocol = 4, .scancode = 18, .toggle = true},
                             {.kind = Kind::repeat},
                             {.kind = Kind::pointer, .x = 3, .y = -4}};
    EXPECT_EQ(json({outcome})["runs"][0]["remote"],
              Json::parse(R"([{"kind": "keydown", "protocol": 4, "scancode": 18, "toggle": true},
                              {"kind": "repeat"}, {"kind": "pointer", "x": 3, "y": -4}])"));
}

TEST_F(Reports, json_of_a_trap_has_no_return_value) {
    Outcome outcome = xdp_outcome(1, 2);
    outcome.result.trap = Trap{};
    outcome.result.trap->source = SourceLine{"a.c", 3, 5, "x = *p;"};
    Json run = json({outcome})["runs"][0];
    EXPECT_TRUE(run["return_value"].is_null());
    EXPECT_EQ(run["trap"]["kind"], "bad access");
    EXPECT_EQ(run["trap"]["source"]["line"], 3);
}

TEST_F(Reports, json_is_valid_without_any_run) { EXPECT_EQ(json({})["runs"], Json::array()); }

}  // namespace
}  // namespace bpftwin::cli
