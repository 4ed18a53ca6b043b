// bpftwin_verifier_messages: which of the log lines that the kernel's selftests expect of its
// verifier (__msg of tools/testing/selftests/bpf/progs/bpf_misc.h) are in our log, and in that of
// this machine's kernel. They are asked for as the selftests' own runner does it (test_loader.c):
// with the log level and flags of the annotations, and in order.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "bpftwin/kernel.h"
#include "compare/judge.h"
#include "fmt/format.h"
#include "tests/corpus/annotations.h"

namespace bpftwin {
namespace {

using test::Annotations;

/// A pattern of the selftests as a regular expression: all but what is in {{…}} stands for itself.
std::regex regex_of(std::string_view pattern) {
    std::string text;
    while (!pattern.empty()) {
        const auto open = pattern.find("{{");
        for (const char c : pattern.substr(0, open)) {
            if (std::string_view("\\^$.|?*+()[]{}").contains(c)) text += '\\';
            text += c;
        }
        if (open == std::string_view::npos) break;
        const auto close = pattern.find("}}", open);
        text += "(" + std::string(pattern.substr(open + 2, close - open - 2)) + ")";
        pattern = pattern.substr(close + 2);
    }
    return std::regex(text, std::regex::extended);
}

/// Where the message ends in the log; nothing: it is not in it.
std::optional<std::size_t> end_of(const std::string& message, std::string_view log) {
    if (message.find("{{") == std::string::npos) {
        const auto at = log.find(message);
        if (at == std::string_view::npos) return std::nullopt;
        return at + message.size();
    }
    std::match_results<std::string_view::const_iterator> match;
    if (!std::regex_search(log.begin(), log.end(), match, regex_of(message))) return std::nullopt;
    return static_cast<std::size_t>(match.position() + match.length());
}

/// Which messages are in the log, each behind the one before.
std::vector<bool> found_in(const Annotations& expected, std::string_view log) {
    std::vector<bool> found;
    for (const auto& [number, message] : expected.messages) {
        const auto end = end_of(message, log);
        found.push_back(end.has_value());
        if (end) log.remove_prefix(*end);
    }
    return found;
}

class Comparison {
public:
    Comparison(Judge& ours, Judge* kernel) : ours_(ours), kernel_(kernel) {}

    void add(const std::filesystem::path& path) {
        const auto object = load_elf_file(path);
        if (!object || !object->btf) return;
        const auto all = test::annotations_of(*object->btf);
        for (const ProgramSpec& program : object->programs) {
            const auto expected = all.find(program.name);
            if (expected == all.end() || expected->second.messages.empty()) continue;
            if (expected->second.elsewhere) continue;
            compare(path.stem(), *object, program.name, expected->second);
        }
    }

    /// @return whether at least `percent` of those that the kernel writes were found, or that it
    /// might write, as it did not judge the program
    [[nodiscard]] bool finish(double percent) const {
        fmt::print("programs {}, of these not understood {}\n", programs_, unsupported_);
        fmt::print("messages {}, of these not written by {} either {}\n", messages_,
                   kernel_ ? kernel_->release() : "a kernel", others_);
        const std::size_t asked = messages_ - others_;
        const double share =
            asked == 0 ? 0 : 100.0 * static_cast<double>(found_) / static_cast<double>(asked);
        fmt::print("messages found {}/{} ({:.1f} %)\n", found_, asked, share);
        return share >= percent;
    }

private:
    void compare(const std::string& where, ObjectSpec object, const std::string& name,
                 const Annotations& expected) {
        for (ProgramSpec& program : object.programs)
            if (program.name == name) expected.apply_flags(program);
        ++programs_;
        // At level 0 the log of what is rejected is of level 1.
        const std::uint32_t level = std::max(expected.log_level, 1U);
        const auto ours = log_of(ours_, object, name, level);
        if (!ours) return void(++unsupported_);
        const auto kernels = kernel_ ? log_of(*kernel_, object, name, level) : std::nullopt;
        const auto found = found_in(expected, *ours);
        const auto found_there = found_in(expected, kernels.value_or(""));
        for (std::size_t i = 0; i < found.size(); ++i) {
            ++messages_;
            const bool is_other = kernels && !found_there[i];
            others_ += is_other ? 1 : 0;
            if (is_other) continue;
            found_ += found[i] ? 1 : 0;
            if (!found[i])
                fmt::print("{} {}: missing {}{}\n", where, name, expected.messages[i].second,
                           kernels ? "" : " (not judged by the kernel)");
        }
    }

    /// What a verifier writes; nothing: it gave no verdict.
    static std::optional<std::string> log_of(Judge& judge, const ObjectSpec& object,
                                             const std::string& name, std::uint32_t level) {
        const std::vector<std::string> names{name};
        const auto verdicts = judge.judge(object, names, level);
        if (!verdicts) return std::nullopt;
        const Verdict& verdict = verdicts->front();
        const bool judged =
            verdict.answer == Answer::accepted || verdict.answer == Answer::rejected;
        if (!judged || verdict.error == EPERM) return std::nullopt;
        return verdict.log;
    }

    Judge& ours_;
    Judge* kernel_;
    std::size_t programs_ = 0, unsupported_ = 0;
    std::size_t messages_ = 0, others_ = 0, found_ = 0;
};

int run(const std::string& folder, double percent) {
    auto ours = compare::make_judge("bpftwin");
    if (!ours) {
        fmt::print("skipped: {}\n", ours.error().message);
        return 77;
    }
    auto kernel = make_kernel_judge();
    Comparison comparison(**ours, kernel ? kernel->get() : nullptr);
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.path().extension() == ".o") paths.push_back(entry.path());
    std::ranges::sort(paths);
    for (const auto& path : paths) comparison.add(path);
    return comparison.finish(percent) ? 0 : 1;
}

}  // namespace
}  // namespace bpftwin

int main(int argc, char** argv) {
    if (argc != 3) {
        fmt::print(stderr, "usage: bpftwin_verifier_messages PERCENT FOLDER\n");
        return 2;
    }
    if (!std::filesystem::is_directory(argv[2])) {
        fmt::print("skipped: {} is no folder\n", argv[2]);
        return 77;
    }
    return bpftwin::run(argv[2], std::stod(argv[1]));
}
