// `bpftwin verify` and `bpftwin corpus`: what a verifier says of programs.
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "bpftwin/kernel.h"
#include "cli/command.h"
#include "cli/object.h"
#include "cli/verdicts.h"
#include "compare/engines.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    std::vector<std::string> objects;
    std::string folder;
    ObjectArguments object;  ///< But for its path.
    std::string program;
    std::string engine = "kernel";
    std::uint32_t log_level = 0;
    bool csv = false, json = false;
};

std::string file_name(const std::string& path) {
    return std::filesystem::path(path).filename().string();
}

/// Names of the programs to submit: one, or all but those that --no-autoload leaves out.
Result<std::vector<std::string>> wanted(ObjectSpec& object, const Arguments& arguments) {
    std::vector<std::string> names;
    if (!arguments.program.empty()) {
        auto program = choose_program(object, arguments.program);
        if (!program) return std::unexpected(program.error());
        return std::vector{(*program)->name};
    }
    for (const ProgramSpec& program : object.programs)
        if (std::ranges::count(arguments.object.edits.no_autoload, program.name) == 0)
            names.push_back(program.name);
    return names;
}

Result<std::vector<Judged>> judge(Judge& judge, const std::string& path,
                                  const Arguments& arguments) {
    ObjectArguments from = arguments.object;
    from.path = path;
    auto object = open_object(from);
    if (!object) return std::unexpected(object.error());
    auto names = wanted(*object, arguments);
    if (!names) return std::unexpected(names.error());
    auto verdicts = judge.judge(*object, *names, arguments.log_level);
    if (!verdicts) return std::unexpected(verdicts.error().in(from.path));
    std::vector<Judged> judged;
    for (std::size_t i = 0; i < names->size(); ++i) {
        const ProgramSpec& program = *object->program((*names)[i]);
        judged.push_back({file_name(from.path), program.name, program.section, program.insns.size(),
                          std::move((*verdicts)[i])});
    }
    return judged;
}

Result<std::unique_ptr<Judge>> make_judge(const std::string& engine) {
    if (!compare::is_kernel(engine))
        return fail(
            fmt::format("--engine: '{}' has no verifier; there are kernel and vm:IMAGE", engine));
    return make_kernel_judge(engine);
}

void show(const Judged& judged, const Arguments& arguments) {
    if (arguments.csv) return print(csv_line(judged));
    print(verdict_text(judged, stdout_style()));
    if (arguments.log_level != 0) print(judged.verdict.log);
}

Result<Exit> verify(const Arguments& arguments) {
    auto verifier = make_judge(arguments.engine);
    if (!verifier) return std::unexpected(verifier.error());
    if (arguments.csv) print(csv_head());
    Json list = Json::array();
    Answers answers;
    for (const std::string& path : arguments.objects) {
        auto judged = judge(**verifier, path, arguments);
        if (!judged) return std::unexpected(judged.error());
        for (const Judged& one : *judged) {
            answers.add(one.verdict.answer);
            if (arguments.json)
                list.push_back(verdict_json(one));
            else
                show(one, arguments);
        }
    }
    if (arguments.json)
        print(json_text(Json{{"kernel", (*verifier)->release()}, {"programs", list}}) + '\n');
    return answers.accepted == answers.all() ? exit_fine : exit_finding;
}

/// Object files below a folder, by name.
Result<std::vector<std::string>> objects_in(const std::string& folder) {
    std::vector<std::string> paths;
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error))
        if (entry.is_regular_file() && entry.path().extension() == ".o")
            paths.push_back(entry.path().string());
    if (error) return fail(fmt::format("{}: {}", folder, error.message()));
    if (paths.empty()) return fail(folder + ": no objects (*.o) in it");
    std::ranges::sort(paths);
    return paths;
}

/// What a reason has in common with others of its kind: all but names and numbers.
std::string kind_of(const std::string& reason) {
    std::string kind;
    bool quoted = false;
    for (const char c : reason) {
        if (c == '\'' || c == '"') quoted = !quoted;
        if (quoted || (c >= '0' && c <= '9')) continue;
        kind += c;
    }
    return kind;
}

/// A walk over a folder's objects.
class Corpus {
public:
    Corpus(std::unique_ptr<Judge> judge, const Arguments& arguments)
        : judge_(std::move(judge)), release_(judge_->release()), arguments_(arguments) {}

    Result<Exit> run(const std::vector<std::string>& paths) {
        print(csv_head());
        Progress progress("objects");
        InterruptGuard guard;
        for (std::size_t i = 0; i < paths.size() && !InterruptGuard::interrupted(); ++i) {
            if (auto done = add(paths[i]); !done) return std::unexpected(done.error());
            progress.show(i + 1, static_cast<double>(i + 1) / static_cast<double>(paths.size()));
        }
        finish(paths.size());
        return InterruptGuard::interrupted() ? exit_interrupted : exit_fine;
    }

private:
    Result<void> add(const std::string& path) {
        auto judged = judge(*judge_, path, arguments_);
        if (!judged) {
            ++unreadable_;
            fmt::print(stderr, "bpftwin: {}\n", judged.error().message);
            return start_again();
        }
        for (const Judged& one : *judged) {
            answers_.add(one.verdict.answer);
            print(csv_line(one));
            if (one.verdict.answer == Answer::not_loadable) ++reasons_[kind_of(one.verdict.reason)];
        }
        return {};
    }

    // A machine that an object took too long for is gone, the next objects get another.
    Result<void> start_again() {
        if (judge_->alive()) return {};
        auto judge = make_judge(arguments_.engine);
        if (!judge) return std::unexpected(judge.error());
        judge_ = std::move(*judge);
        return {};
    }

    void finish(std::size_t objects) const {
        std::vector<std::pair<std::string, std::size_t>> sorted(reasons_.begin(), reasons_.end());
        std::ranges::stable_sort(sorted, std::greater(),
                                 &std::pair<std::string, std::size_t>::second);
        if (!sorted.empty()) fmt::print(stderr, "not loadable, by reason:\n");
        for (const auto& [reason, count] : sorted) fmt::print(stderr, "  {:5} {}\n", count, reason);
        fmt::print(stderr, "kernel {}, objects {} unreadable {}\n{}\n", release_, objects,
                   unreadable_, answers_.text());
    }

    std::unique_ptr<Judge> judge_;
    std::string release_;
    const Arguments& arguments_;
    Answers answers_;
    std::map<std::string, std::size_t> reasons_;
    std::size_t unreadable_ = 0;
};

Result<Exit> corpus(const Arguments& arguments) {
    auto verifier = make_judge(arguments.engine);
    if (!verifier) return std::unexpected(verifier.error());
    auto paths = objects_in(arguments.folder);
    if (!paths) return std::unexpected(paths.error());
    Arguments each = arguments;
    constexpr std::uint32_t numbers_only = 4;
    each.log_level = numbers_only;
    return Corpus(std::move(*verifier), each).run(*paths);
}

void add_engine(Options options, Arguments& arguments) {
    options.add("--engine", arguments.engine, "Whose verifier (default: kernel)").type("NAME");
}

}  // namespace

Command add_verify(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options =
        line.add_command("verify", "Say whether a kernel accepts programs, and why not");
    options.add("OBJ", arguments->objects, "ELF objects, C sources (.c) or assembler texts")
        .required();
    options.add("--type", arguments->object.type,
                "Program type where the object does not say it (xdp)");
    add_edit_options(options, arguments->object.edits);
    options.add("--prog", arguments->program, "Only this program").type("NAME");
    add_engine(options, *arguments);
    add_kconfig_options(options, arguments->object.kconfig);
    options
        .add("--log-level", arguments->log_level,
             "Show the verifier's log: 1 branches, 2 every instruction, 4 only numbers")
        .type("N");
    options.add_flag("--csv", arguments->csv, "The columns of veristat");
    options.add_flag("--json", arguments->json, "JSON output (docs/json.md)");
    options.footer(
        "Programs are loaded and dropped again, none is attached.\n\n"
        "Examples:\n"
        "  bpftwin verify parser.c\n"
        "  bpftwin verify *.o --csv > verdicts.csv\n"
        "  bpftwin verify lb.o --prog balance --log-level 2\n\n"
        "Exit status: 0 all accepted, 1 some not, 2 bad usage or input");
    return {options, [arguments] { return verify(*arguments); }};
}

Command add_corpus(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options =
        line.add_command("corpus", "Submit every program of a folder's objects to a kernel");
    options.add("DIR", arguments->folder, "Folder with objects (*.o), also in its folders")
        .required();
    add_engine(options, *arguments);
    options.footer(
        "Standard output gets one line per program, in veristat's columns; standard error what "
        "could not\nbe loaded, by reason, and the sums.\n\n"
        "Example:\n  bpftwin corpus build/selftests > verdicts.csv\n\n"
        "Exit status: 0, whatever the verdicts; 2 bad usage or input, 130 interrupted");
    return {options, [arguments] { return corpus(*arguments); }};
}

}  // namespace bpftwin::cli
