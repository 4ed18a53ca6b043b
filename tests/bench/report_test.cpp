#include "bench/report.h"

#include <regex>
#include <stack>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace bpftwin::bench {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

compare::Measurement measured(double ns, double ratio) {
    return {{ns, ns, ns}, {ratio, ratio, ratio}, 1};
}

/// Two programs on two engines.
Results sample() {
    Results results;
    results.machine = {"Fast <CPU>", 2, "Linux 6.1", "gcc", "clang", "2026-01-01T00:00:00Z"};
    results.engines = {"interp", "jit"};
    results.run = {{"sort", measured(100, 1), {measured(800, 8), measured(200, 2)}},
                   {"hash", measured(10, 1), {measured(20, 2), measured(5, 0.5)}}};
    results.kernel = {{"sort", measured(100, 1), measured(50, 0.5), ""},
                      {"hash", {}, {}, "rejected by the kernel: too many jumps"}};
    results.compile = {{"sort", 900, 10, 5000, {{100, 400, 160}, {1000, 2000, 80}}},
                       {"hash", 900, 20, 5000, {{800, 900, 320}, {8000, 9000, 640}}}};
    results.size = {{10, {{500, 600, 160}, {40'000, 50'000, 160}}},
                    {10'000, {{100'000, 0, 1}, {1'600'000, 0, 1}}}};
    return results;
}

TEST(results, means_are_geometric) {
    EXPECT_DOUBLE_EQ(sample().run_geomean(0), 4);
    EXPECT_DOUBLE_EQ(sample().run_geomean(1), 1);
    EXPECT_DOUBLE_EQ(sample().compile_geomean(0), 20);
    EXPECT_DOUBLE_EQ(sample().code_geomean(0), 2);
}

TEST(results, small_and_large_programs_are_held_against_their_own_bar) {
    EXPECT_EQ(sample().slowest_small_compile(1), 40'000);
    EXPECT_EQ(sample().slowest_insn(1), 160);
}

TEST(text_report, ends_with_a_mean_per_engine) {
    EXPECT_THAT(summary_text(sample()),
                EndsWith("\ngeomean interp/native 4.00\ngeomean jit/native 1.00\n"
                         "geomean jit/kernel 0.50\n"));
}

TEST(text_report, says_why_a_kernel_does_not_take_a_program) {
    EXPECT_THAT(kernel_text(sample().kernel[0]), HasSubstr("100        50      0.50"));
    EXPECT_THAT(kernel_text(sample().kernel[1]),
                HasSubstr("hash                not measured: rejected by the kernel: too many"));
}

TEST(text_report, says_where_compile_time_is_over_its_bar) {
    const std::string text = summary_text(sample());
    EXPECT_THAT(text, HasSubstr("compile interp: at most 0.50 us below 1000 instructions (bar "
                                "30.0), 10.0 ns per instruction above (bar 150)"));
    EXPECT_THAT(text, HasSubstr("compile jit: at most 40.0 us below 1000 instructions (bar 30.0 "
                                "OVER by 33%), 160 ns per instruction above (bar 150 OVER by 7%)"));
}

TEST(json_report, has_rows_and_means_by_engine) {
    const auto json = nlohmann::json::parse(json_text(sample()));
    EXPECT_EQ(json["geomean"]["interp/native"], 4);
    EXPECT_EQ(json["run"][0]["engines"]["jit"]["ratio"]["median"], 2);
    EXPECT_EQ(json["run"][0]["native"]["ns"]["median"], 100);
    EXPECT_EQ(json["geomean"]["jit/kernel"], 0.5);
    EXPECT_EQ(json["kernel"][0]["engines"]["jit"]["ratio"]["median"], 0.5);
    EXPECT_THAT(json["kernel"][1]["refusal"], HasSubstr("too many jumps"));
    EXPECT_EQ(json["compile"][1]["engines"]["interp"]["code_bytes"], 320);
    EXPECT_EQ(json["size"][1]["insns"], 10'000);
    EXPECT_EQ(json["failures"].size(), 0u);
}

/// Tags that are not closed, or closed without being open; "" if there are none.
std::string unbalanced(const std::string& html) {
    static const std::regex tag("<(/?)([a-z0-9]+)([^>]*?)(/?)>");
    std::stack<std::string> open;
    for (std::sregex_iterator at(html.begin(), html.end(), tag), end; at != end; ++at) {
        const std::string name = (*at)[2];
        if (name == "meta" || (*at)[4] == "/") continue;
        if ((*at)[1] == "") {
            open.push(name);
        } else {
            if (open.empty() || open.top() != name) return "</" + name + ">";
            open.pop();
        }
    }
    return open.empty() ? "" : "<" + open.top() + ">";
}

TEST(html_report, is_well_formed) { EXPECT_EQ(unbalanced(html_text(sample())), ""); }

TEST(html_report, needs_nothing_but_itself) {
    const std::string html = html_text(sample());
    for (const char* reference : {"http:", "https:", "src=", "href=", "url(", "@import", "<script"})
        EXPECT_THAT(html, Not(HasSubstr(reference)));
}

TEST(html_report, shows_every_program_mean_and_the_machine) {
    const std::string html = html_text(sample());
    for (const char* shown : {"sort, interp: 8.00 times native", "hash, jit: 0.50 times native",
                              "geometric mean, interp: 4.00 times native", "<b>4.00×</b>",
                              "sort, jit: 0.50 times kernel", "<b>0.50×</b>", "Fast &lt;CPU&gt;",
                              "jit: 1,600 at 10,000"})
        EXPECT_THAT(html, HasSubstr(shown));
}

TEST(html_report, is_whole_even_where_phases_are_missing) {
    Results results = sample();
    results.run.clear();
    results.size.clear();
    results.kernel.clear();
    results.failures = {{"sort", "jit: returned 0x1, expected 0x2"}};
    const std::string html = html_text(results);
    EXPECT_EQ(unbalanced(html), "");
    EXPECT_THAT(html, HasSubstr("sort failed: jit: returned 0x1"));
    EXPECT_THAT(html, Not(HasSubstr("\"nan")));
    EXPECT_THAT(json_text(results), HasSubstr("\"run\": []"));
}

}  // namespace
}  // namespace bpftwin::bench
