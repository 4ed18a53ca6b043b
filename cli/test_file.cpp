#include "cli/test_file.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// What stands before and behind the first `separator`.
struct Halves {
    std::string_view before, behind;
};
std::optional<Halves> halves(std::string_view text, std::string_view separator) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) return std::nullopt;
    return Halves{trimmed(text.substr(0, at)), trimmed(text.substr(at + separator.size()))};
}

/// Calls `use` with every line and its number until it returns an Error.
template <class Use>
Result<void> each_line(std::string_view text, Use use) {
    for (std::uint32_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        if (auto done = use(text.substr(0, end), number); !done)
            return std::unexpected(done.error().in(fmt::format("line {}", number)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return {};
}

Result<void> add_words(std::vector<std::string>& to, std::string_view text) {
    auto words = split_words(text);
    if (!words) return std::unexpected(words.error());
    to.insert(to.end(), words->begin(), words->end());
    return {};
}

class Parser {
public:
    Result<void> line(std::string_view text, std::uint32_t number) {
        constexpr std::string_view mark = "//!";
        text = trimmed(text);
        if (!text.starts_with(mark)) return {};
        const auto parts = halves(text.substr(mark.size()), ":");
        if (!parts || parts->behind.empty())
            return fail(fmt::format("\"{}\": give //! WHAT: TEXT, where WHAT is {}", text, known));
        return directive(parts->before, parts->behind, number);
    }

    Result<std::vector<TestCase>> finish() {
        for (const TestCase& test : tests_)
            if (test.expected.empty())
                return fail(fmt::format("line {}: the test expects nothing; give //! expect: TEXT",
                                        test.line));
        return std::move(tests_);
    }

private:
    static constexpr std::string_view known =
        "test, run, expect, covers, since or differs on ENGINE";

    Result<void> directive(std::string_view what, std::string_view text, std::uint32_t number) {
        constexpr std::string_view differs = "differs on ";
        TestCase& test = tests_.empty() ? common_ : tests_.back();
        if (what == "test") return begin(text, number);
        if (what == "run") return add_words(test.options, text);
        if (what == "expect") return add(test.expected, text);
        if (what == "covers") return add(test.covers, text);
        if (what == "since") return test.since = text, Result<void>();
        if (what.starts_with(differs)) return differs_on(test, what.substr(differs.size()), text);
        return fail(fmt::format("no directive \"{}\"; there are {}", what, known));
    }

    Result<void> begin(std::string_view title, std::uint32_t number) {
        TestCase& test = tests_.emplace_back(common_);
        test.title = title;
        test.line = number;
        return {};
    }

    static Result<void> add(std::vector<std::string>& to, std::string_view text) {
        to.emplace_back(text);
        return {};
    }

    // A colon is part of an engine's name, "vm:6.1", so that the name ended too early.
    static Result<void> differs_on(TestCase& test, std::string_view engine, std::string_view text) {
        std::string name(engine);
        if (engine == "vm") {
            const auto parts = halves(text, ":");
            if (!parts) return fail("a difference needs its reason: //! differs on ENGINE: REASON");
            name += fmt::format(":{}", parts->before);
            text = parts->behind;
        }
        test.differences.push_back({std::move(name), std::string(text)});
        return {};
    }

    TestCase common_;
    std::vector<TestCase> tests_;
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string with_single_spaces(std::string_view text) {
    std::string result;
    for (const char c : trimmed(text))
        if (c != ' ' || result.back() != ' ') result += c;
    return result;
}

}  // namespace

Result<std::vector<TestCase>> parse_tests(std::string_view source) {
    Parser parser;
    auto done = each_line(source, [&](std::string_view text, std::uint32_t number) {
        return parser.line(text, number);
    });
    if (!done) return std::unexpected(done.error());
    return parser.finish();
}

Result<std::vector<std::string>> split_words(std::string_view text) {
    std::vector<std::string> words;
    bool inside = false;
    char quote = '\0';
    for (const char c : text) {
        const bool opens = quote == '\0' && (c == '\'' || c == '"');
        const bool closes = quote != '\0' && c == quote;
        const bool ends = quote == '\0' && blanks.contains(c);
        if (!inside && !ends) words.emplace_back();
        inside = !ends;
        if (opens || closes)
            quote = opens ? c : '\0';
        else if (!ends)
            words.back() += c;
    }
    if (quote != '\0') return fail(fmt::format("a {} without its partner", quote));
    return words;
}

bool shows(std::string_view line, std::string_view wanted) {
    const std::string text = with_single_spaces(line), words = with_single_spaces(wanted);
    for (std::size_t at = 0; (at = text.find(words, at)) != std::string::npos; ++at) {
        const std::size_t end = at + words.size();
        const bool cut_before = at > 0 && is_word(text[at - 1]) && is_word(words.front());
        const bool cut_behind = end < text.size() && is_word(words.back()) && is_word(text[end]);
        if (!cut_before && !cut_behind) return true;
    }
    return false;
}

std::string missing_line(std::string_view report, const std::vector<std::string>& expected) {
    auto wanted = expected.begin();
    (void)each_line(report, [&](std::string_view line, std::uint32_t) -> Result<void> {
        if (wanted != expected.end() && shows(line, *wanted)) ++wanted;
        return {};
    });
    return wanted == expected.end() ? "" : *wanted;
}

}  // namespace bpftwin::cli
