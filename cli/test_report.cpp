#include "cli/test_report.h"

#include <algorithm>
#include <map>

#include "cli/hex.h"
#include "cli/table.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

std::size_t count(const std::vector<TestResult>& results, std::size_t engine, Outlook outlook) {
    return static_cast<std::size_t>(std::ranges::count_if(results, [&](const TestResult& result) {
        return result.engines[engine].outlook == outlook;
    }));
}

/// "kernel 6.18": patches do not matter to who reads a table.
std::string heading(const TestEngine& engine) {
    if (engine.release.empty()) return engine.name;
    const auto minor = engine.release.find('.');
    const auto end = engine.release.find_first_not_of("0123456789", minor + 1);
    const std::string_view where = engine.name == "kernel" ? "" : " in a VM";
    return fmt::format("Linux {}{}", engine.release.substr(0, end), where);
}

std::string row(const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const std::string& cell : cells) text += fmt::format(" {} |", cell);
    return text + '\n';
}

/// Numbered notes under a table, each text once.
class Notes {
public:
    std::string mark(const std::string& text) {
        if (text.empty()) return "";
        const auto known = std::ranges::find(texts_, text);
        const auto number = known - texts_.begin() + 1;
        if (known == texts_.end()) texts_.push_back(text);
        return fmt::format(" [{}]", number);
    }
    [[nodiscard]] std::string text() const {
        std::string text;
        for (std::size_t i = 0; i < texts_.size(); ++i)
            text += fmt::format("{}. {}\n", i + 1, texts_[i]);
        return text;
    }

private:
    std::vector<std::string> texts_;
};

std::string_view cell_word(Outlook outlook) {
    switch (outlook) {
        case Outlook::same: return "yes";
        case Outlook::differs: return "differs";
        case Outlook::not_run: return "not run";
        case Outlook::failed: return "FAILS";
    }
    return "";
}

/// A feature's tests on one engine in a word: the worst of them.
std::string feature_cell(const std::vector<const TestResult*>& tests, std::size_t engine,
                         Notes& notes) {
    const TestResult& worst = **std::ranges::max_element(
        tests, {}, [&](const TestResult* test) { return test->engines[engine].outlook; });
    const EngineResult& result = worst.engines[engine];
    return std::string(cell_word(result.outlook)) + notes.mark(result.reason);
}

}  // namespace

std::string_view name_of(Outlook outlook) {
    switch (outlook) {
        case Outlook::same: return "same";
        case Outlook::differs: return "differs";
        case Outlook::not_run: return "not run";
        case Outlook::failed: return "failed";
    }
    return "";
}

bool TestResult::passed() const {
    return std::ranges::none_of(
        engines, [](const EngineResult& engine) { return engine.outlook == Outlook::failed; });
}

std::string test_line(const TestResult& result, const std::vector<TestEngine>& engines,
                      Style style) {
    std::string text =
        fmt::format("{} {}:{}: {}\n", result.passed() ? style.good("ok    ") : style.bad("FAILED"),
                    result.path, result.test.line, result.test.title);
    if (!result.failure.empty()) text += indented(result.failure, "    ");
    for (std::size_t i = 1; i < engines.size(); ++i)
        if (result.engines[i].outlook == Outlook::failed)
            text +=
                indented(fmt::format("{}: {}", engines[i].name, result.engines[i].reason), "    ");
    return text;
}

std::string test_summary(const std::vector<TestResult>& results,
                         const std::vector<TestEngine>& engines, Style style) {
    std::map<std::string, std::size_t> reasons;
    Table table(1);
    table.add({"", "same", "differs", "not run", "failed"});
    for (std::size_t i = 0; i < engines.size(); ++i) {
        std::vector<std::string> cells{engines[i].name};
        for (const Outlook outlook :
             {Outlook::same, Outlook::differs, Outlook::not_run, Outlook::failed})
            cells.push_back(std::to_string(count(results, i, outlook)));
        table.add(std::move(cells));
        for (const TestResult& result : results)
            if (const EngineResult& one = result.engines[i]; one.outlook == Outlook::not_run)
                ++reasons[fmt::format("{}: {}", engines[i].name, one.reason)];
    }
    std::string text = table.text("  ");
    if (!reasons.empty()) text += "not run\n";
    for (const auto& [reason, tests] : reasons) text += fmt::format("  {:3} {}\n", tests, reason);
    const auto passed = std::ranges::count_if(results, &TestResult::passed);
    const auto failed = static_cast<std::ptrdiff_t>(results.size()) - passed;
    return text + fmt::format("{} passed, {} failed\n", passed,
                              failed == 0 ? "0" : style.bad(std::to_string(failed)));
}

Json test_json(const std::vector<TestResult>& results, const std::vector<TestEngine>& engines) {
    Json list = Json::array();
    for (const TestResult& result : results) {
        Json each = Json::array();
        for (std::size_t i = 0; i < engines.size(); ++i) {
            const EngineResult& one = result.engines[i];
            each.push_back({{"engine", engines[i].name},
                            {"result", name_of(one.outlook)},
                            {"reason", one.reason.empty() ? Json() : Json(one.reason)}});
        }
        list.push_back({{"file", result.path},
                        {"line", result.test.line},
                        {"test", result.test.title},
                        {"covers", result.test.covers},
                        {"passed", result.passed()},
                        {"failure", result.failure.empty() ? Json() : Json(result.failure)},
                        {"engines", each}});
    }
    return list;
}

std::string feature_table(const std::vector<TestResult>& results,
                          const std::vector<TestEngine>& engines) {
    std::map<std::string, std::vector<const TestResult*>> features;
    for (const TestResult& result : results)
        for (const std::string& feature : result.test.covers) features[feature].push_back(&result);
    std::vector<std::string> heads{"Feature", "Tests"}, rule{"---", "---:"};
    for (const TestEngine& engine : engines) {
        heads.push_back(heading(engine));
        rule.emplace_back("---");
    }
    Notes notes;
    std::string text = row(heads) + row(rule);
    for (const auto& [feature, tests] : features) {
        std::vector<std::string> cells{feature, std::to_string(tests.size())};
        for (std::size_t i = 0; i < engines.size(); ++i)
            cells.push_back(feature_cell(tests, i, notes));
        text += row(cells);
    }
    return text + '\n' + notes.text();
}

}  // namespace bpftwin::cli
