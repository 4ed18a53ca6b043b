// bpftwin_libbpf_verdicts: whether a kernel says of every program in a folder of objects the same
// when we submit it as when libbpf does. Each program is loaded by itself and dropped at once.
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <vector>

#include "bpftwin/kernel.h"
#include "bpftwin/spec.h"
#include "fmt/format.h"
#include "tests/corpus/libbpf_object.h"
#include "tests/corpus/this_kernel.h"

namespace {

using namespace bpftwin;
using test::LibbpfObject;

bpf_program* program_of(bpf_object* object, const std::string& name) {
    return bpf_object__find_program_by_name(object, name.c_str());
}

/// libbpf's verdict on one program of a fresh object, in which it is the only one that is loaded.
Verdict verdict_of(bpf_object* object, const std::string& name) {
    static std::vector<char> log(std::size_t{16} << 20);
    log.front() = '\0';
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object) bpf_program__set_autoload(program, false);
    program = program_of(object, name);
    bpf_program__set_autoload(program, true);
    bpf_program__set_log_buf(program, log.data(), log.size());
    const int error = -bpf_object__load(object);
    if (error == 0 || test::accepted_before_error()) return {.answer = Answer::accepted};
    // The rules of our own verdicts: the verifier writes a log for what it rejects, and what it is
    // not allowed to look at it does not process.
    const bool is_forbidden =
        error == EPERM && std::string_view(log.data()).contains("processed 0 insns");
    const bool was_read = !is_forbidden && (log.front() != '\0' || error == E2BIG);
    Verdict verdict{.answer = was_read ? Answer::rejected : Answer::not_loadable,
                    .error = error,
                    .log = log.data()};
    read_log(verdict);
    if (!was_read || verdict.reason.empty())
        verdict.reason = test::libbpf_error("", error).message.substr(2);
    return verdict;
}

/// Programs whose verdicts are not compared, by the reason.
class LeftOut {
public:
    void add(const std::string& reason, std::size_t programs = 1) { counts_[reason] += programs; }
    void print() const {
        fmt::print("not compared, by reason:\n");
        for (const auto& [reason, count] : counts_) fmt::print("  {:5} {}\n", count, reason);
    }

private:
    std::map<std::string, std::size_t> counts_;
};

/// Why a program's verdicts cannot be the same yet, or nothing.
std::string reason_to_leave_out(const ProgramSpec& ours, const bpf_program* theirs) {
    if (theirs == nullptr) return "no program for libbpf";
    // libbpf 1.1 knows the target of those alone whose structs' section it knows.
    if (ours.type == ProgType::struct_ops) return "struct_ops: libbpf loads none by itself";
    if (bpf_program__type(theirs) == BPF_PROG_TYPE_UNSPEC)
        return fmt::format("libbpf {} does not know its section", libbpf_version_string());
    return "";
}

class Comparison {
public:
    explicit Comparison(Judge& judge) : judge_(judge) {}

    void add(const std::string& path);
    /// @return whether at least as many verdicts as were asked for are the same.
    bool finish(double percent) const;

private:
    std::vector<std::string> comparable(const ObjectSpec& ours, bpf_object* theirs);
    void compare(const std::string& path, const std::string& program, const Verdict& ours,
                 bool externs_fail);

    Judge& judge_;
    LeftOut left_out_;
    std::size_t compared_ = 0, same_ = 0;
};

std::vector<std::string> Comparison::comparable(const ObjectSpec& ours, bpf_object* theirs) {
    std::vector<std::string> names;
    for (const ProgramSpec& program : ours.programs) {
        const std::string reason = reason_to_leave_out(program, program_of(theirs, program.name));
        if (reason.empty())
            names.push_back(program.name);
        else
            left_out_.add(reason);
    }
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, theirs) if (!ours.program(bpf_program__name(program)))
        left_out_.add("a program only for libbpf");
    return names;
}

/// libbpf loads nothing of an object of which an extern fails, we what does not refer to it.
bool refused_for_extern(const Verdict& theirs) {
    return theirs.answer == Answer::not_loadable && theirs.reason.contains("extern");
}

void Comparison::compare(const std::string& path, const std::string& program, const Verdict& ours,
                         bool externs_fail) {
    auto object = test::open_by_libbpf(path);
    if (!object) return left_out_.add("libbpf does not open its object again");
    const Verdict theirs = verdict_of(object->get(), program);
    ++compared_;
    if (ours.answer == theirs.answer || (externs_fail && refused_for_extern(theirs))) {
        ++same_;
        return;
    }
    fmt::print("{} {}: {} ({}), by libbpf {} ({})\n",
               std::filesystem::path(path).filename().string(), program, name_of(ours.answer),
               ours.reason, name_of(theirs.answer), theirs.reason);
}

void Comparison::add(const std::string& path) {
    const auto ours = load_elf_file(path);
    if (!ours) return left_out_.add("our loader: " + ours.error().message);
    const auto theirs = test::open_by_libbpf(path);
    if (!theirs) return left_out_.add("libbpf does not open its object", ours->programs.size());
    const auto names = comparable(*ours, theirs->get());
    ObjectSpec ready = *ours;
    const bool externs_fail = !test::make_ready(ready).empty();
    const auto verdicts = judge_.judge(*ours, names, 0);
    if (!verdicts) return left_out_.add(verdicts.error().message, names.size());
    for (std::size_t i = 0; i < names.size(); ++i)
        compare(path, names[i], (*verdicts)[i], externs_fail);
}

bool Comparison::finish(double percent) const {
    left_out_.print();
    const double part = 100.0 * static_cast<double>(same_) /
                        static_cast<double>(std::max<std::size_t>(compared_, 1));
    fmt::print("same verdict {}/{} ({:.1f} %)\n", same_, compared_, part);
    return part >= percent;
}

/// What is the same of the verdicts on other people's objects, at least.
constexpr double wanted_percent = 95;

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return fmt::print(stderr, "usage: bpftwin_libbpf_verdicts OBJECT|FOLDER...\n"), 2;
    const auto judge = make_kernel_judge();
    if (!judge) return fmt::print("{}\n", judge.error().message), test::skipped;
    const auto paths = test::objects_named(argc - 1, argv + 1);
    if (!paths) return fmt::print("{}\n", paths.error().message), test::skipped;
    Comparison comparison(**judge);
    for (const std::string& path : *paths) comparison.add(path);
    return comparison.finish(wanted_percent) ? 0 : 1;
}
