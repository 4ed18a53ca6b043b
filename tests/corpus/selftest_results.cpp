// bpftwin_selftest_results: what the programs of the kernel's selftests do here and in this
// machine's kernel. Those that say what they return (__retval of
// tools/testing/selftests/bpf/progs/bpf_misc.h) are held against that, others against the kernel's
// result and packet.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "btf/btf.h"
#include "compare/judge.h"
#include "fmt/format.h"
#include "tests/corpus/selftest_runs.h"
#include "tests/corpus/this_kernel.h"

namespace bpftwin {
namespace {

using test::Finding;
using test::Outcome;

/// A disagreement with its reason.
struct Known {
    enum class Counts : std::uint8_t { ours, nobodys };
    std::string_view object, program;
    Counts counts;
    std::string_view reason;
};
constexpr Known known_results[] = {
#define KNOWN(object, program, counts, reason) {object, program, Known::Counts::counts, reason},
#include "tests/corpus/known_results.def"
};

const Known* known_result(std::string_view object, std::string_view program) {
    const auto* found = std::ranges::find_if(known_results, [&](const Known& row) {
        return row.object == object && row.program == program;
    });
    return found == std::end(known_results) ? nullptr : found;
}

/// Programs of one kind: counted, and left out by reason.
struct Sums {
    std::size_t agreeing = 0, asked = 0;
    std::map<std::string, std::size_t> left_out;

    void add(const Finding& finding) {
        if (finding.outcome == Outcome::left_out) return void(++left_out[finding.text]);
        ++asked;
        agreeing += finding.outcome == Outcome::agrees ? 1 : 0;
    }

    [[nodiscard]] double percent() const {
        if (asked == 0) return 0;
        return 100.0 * static_cast<double>(agreeing) / static_cast<double>(asked);
    }

    void show_left_out(std::string_view title) const {
        std::vector<std::pair<std::size_t, std::string_view>> rows;
        for (const auto& [why, count] : left_out) rows.emplace_back(count, why);
        std::ranges::sort(rows, [](const auto& a, const auto& b) {
            return a.first != b.first ? a.first > b.first : a.second < b.second;
        });
        fmt::print("\n{}, left out:\n", title);
        for (const auto& [count, why] : rows) fmt::print("{:6} {}\n", count, why);
    }
};

/// One line of what a child process tells of a program.
std::string line_of(bool declared, const std::string& program, const Finding& finding) {
    std::string text = finding.text;
    std::ranges::replace(text, '\n', ' ');
    std::ranges::replace(text, '\t', ' ');
    return fmt::format("{}\t{}\t{}\t{}\n", declared ? 1 : 0, static_cast<int>(finding.outcome),
                       program, text);
}

/// Runs all programs of the object and tells the parent of each before the next.
void run_object(const ObjectSpec& object, const compare::Contender& kernel, std::FILE* out) {
    const test::SelftestRuns runs(kernel, object);
    for (const ProgramSpec& program : object.programs) {
        const auto found = runs.annotations().find(program.name);
        const test::Annotations annotations =
            found == runs.annotations().end() ? test::Annotations{} : found->second;
        if (annotations.refused || annotations.elsewhere) continue;
        if (annotations.helps && !annotations.result) continue;
        const bool declared = annotations.result.has_value();
        // What would be running if the process ended.
        fmt::print(out, "?\t{}\t{}\n", declared ? 1 : 0, program.name);
        std::fflush(out);
        const Finding finding =
            declared ? runs.held_against(program.name, test::result_of(*annotations.result))
                     : runs.compared(program.name);
        fmt::print(out, "{}", line_of(declared, program.name, finding));
        std::fflush(out);
    }
}

class Report {
public:
    /// Reads what a child told of an object.
    /// @param status of the child, as wait(2) has it
    void add(const std::string& object, std::istream& lines, int status) {
        std::string line, running;
        bool running_declared = false;
        while (std::getline(lines, line)) {
            std::istringstream fields(line);
            std::string kind, outcome, program, text;
            std::getline(fields, kind, '\t');
            std::getline(fields, outcome, '\t');
            std::getline(fields, program, '\t');
            std::getline(fields, text);
            if (kind == "?") {
                running = program;
                running_declared = outcome == "1";
                continue;
            }
            running.clear();
            add(object, program, kind == "1", {static_cast<Outcome>(std::stoi(outcome)), text});
        }
        if (WIFSIGNALED(status))
            add(object, running, running_declared,
                {WTERMSIG(status) == SIGALRM ? Outcome::left_out : Outcome::disagrees,
                 fmt::format("ends the process by signal {}", WTERMSIG(status))});
    }

    /// @return whether enough of what was asked is right
    [[nodiscard]] bool finish(double percent) const {
        declared_.show_left_out("with a result that is declared");
        compared_.show_left_out("without");
        fmt::print("\nagree with the kernel {}/{} ({:.1f} %)\n", compared_.agreeing,
                   compared_.asked, compared_.percent());
        fmt::print("right {}/{} ({:.1f} %)\n", declared_.agreeing, declared_.asked,
                   declared_.percent());
        return !outdated_ && declared_.percent() >= percent && compared_.percent() >= percent;
    }

private:
    void add(const std::string& object, const std::string& program, bool declared,
             Finding finding) {
        const Known* known = known_result(object, program);
        if (known && finding.outcome == Outcome::disagrees &&
            known->counts == Known::Counts::nobodys)
            finding = {Outcome::left_out, std::string(known->reason)};
        (declared ? declared_ : compared_).add(finding);
        if (finding.outcome == Outcome::disagrees)
            fmt::print("{} {}{}: {}{}\n", object, program, declared ? "" : " (compared)",
                       finding.text, known ? fmt::format(" ({})", known->reason) : "");
        if (known && finding.outcome == Outcome::agrees && known->counts == Known::Counts::ours) {
            fmt::print("{} {}: is right, known_results.def says otherwise\n", object, program);
            outdated_ = true;
        }
        std::fflush(stdout);
    }

    Sums declared_, compared_;
    bool outdated_ = false;  ///< A known disagreement is none.
};

/// In a process of its own: a program may send it a signal, or take long.
void add_object(Report& report, const ObjectSpec& object, const compare::Contender& kernel) {
    constexpr unsigned most_seconds = 120;
    std::FILE* lines = std::tmpfile();
    if (lines == nullptr) bug("no temporary file");
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        alarm(most_seconds);
        run_object(object, kernel, lines);
        std::fflush(lines);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    std::ifstream in(fmt::format("/proc/self/fd/{}", fileno(lines)));
    report.add(object.name, in, status);
    std::fclose(lines);
}

int run(const std::string& place, double percent) {
    auto kernel = compare::make_contender("kernel");
    if (!kernel) {
        fmt::print("skipped: {}\n", kernel.error().message);
        return 77;
    }
    // Once, not in each process.
    (void)test::this_kernel();
    (void)compare::kernel_types_here();
    std::vector<std::filesystem::path> paths;
    if (std::filesystem::is_directory(place))
        for (const auto& entry : std::filesystem::recursive_directory_iterator(place))
            paths.push_back(entry.path());
    else
        paths.emplace_back(place);
    std::ranges::sort(paths);
    Report report;
    for (const auto& path : paths) {
        if (path.extension() != ".o") continue;
        const auto object = load_elf_file(path);
        if (object && object->btf) add_object(report, *object, *kernel);
    }
    return report.finish(percent) ? 0 : 1;
}

}  // namespace
}  // namespace bpftwin

int main(int argc, char** argv) {
    if (argc != 3) {
        fmt::print(stderr, "usage: bpftwin_selftest_results PERCENT FOLDER-OR-OBJECT\n");
        return 2;
    }
    if (!std::filesystem::exists(argv[2])) {
        fmt::print("skipped: {} is not there\n", argv[2]);
        return 77;
    }
    return bpftwin::run(argv[2], std::stod(argv[1]));
}
