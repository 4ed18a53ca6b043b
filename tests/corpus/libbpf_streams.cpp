// bpftwin_libbpf_streams: whether our loader makes of every program in a folder of objects what
// libbpf makes of it, instruction for instruction.
//
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "bpftwin/kernel.h"
#include "bpftwin/spec.h"
#include "fmt/format.h"
#include "isa/decode.h"
#include "tests/corpus/libbpf_object.h"
#include "tests/corpus/libbpf_relocated.h"
#include "tests/corpus/this_kernel.h"

namespace {

using namespace bpftwin;
using test::Relocated;
using test::Stream;

/// Ours with the map's index, theirs with its descriptor: both by the name that the kernel has.
std::string map_name(const Insn& insn, const ObjectSpec& object) {
    const auto index = static_cast<std::size_t>(insn.imm);
    return index < object.maps.size() ? object.maps[index].name.substr(0, BPF_OBJ_NAME_LEN - 1)
                                      : "?";
}

bool same(const Insn& ours, const Insn& theirs, const ObjectSpec& object, const Relocated& maps) {
    if (ours == theirs) return true;
    if (!test::names_map(ours)) return false;
    const auto name = maps.maps.find(theirs.imm);
    Insn alike = theirs;
    alike.imm = ours.imm;
    return alike == ours && name != maps.maps.end() && name->second == map_name(ours, object);
}

/// The first difference, or nothing.
std::string difference(const ProgramSpec& ours, const Stream& theirs, const ObjectSpec& object,
                       const Relocated& maps) {
    if (ours.insns.size() != theirs.size())
        return fmt::format("{} instructions, libbpf has {}", ours.insns.size(), theirs.size());
    for (std::size_t i = 0; i < ours.insns.size(); ++i)
        if (!same(ours.insns[i], theirs[i], object, maps))
            return fmt::format(
                "insn {}: {:016x} ({}), libbpf has {:016x} ({})", i,
                std::bit_cast<std::uint64_t>(ours.insns[i]), map_name(ours.insns[i], object),
                std::bit_cast<std::uint64_t>(theirs[i]),
                maps.maps.contains(theirs[i].imm) ? maps.maps.at(theirs[i].imm) : "?");
    return "";
}

/// Why an object's program differs, where that is known and reviewed.
std::string_view known_reason(std::string_view object, std::string_view program) {
    struct Known {
        std::string_view object, program, reason;
    };
    static constexpr Known known[] = {
#define MISS(object, program, reason) {object, program, reason},
#include "tests/corpus/known_misses.def"
    };
    const auto found = std::ranges::find_if(
        known, [&](const Known& one) { return one.object == object && one.program == program; });
    return found == std::end(known) ? "" : found->reason;
}

class Comparison {
public:
    void add(const std::string& path);
    /// @return whether every program is the same or a known miss, and externs resolve alike.
    bool finish() const;

private:
    void judge_externs(const std::string& file, const std::string& ours, std::string_view theirs);
    void compare(const std::string& file, const Result<ObjectSpec>& ours, const Relocated& theirs);
    void miss(const std::string& file, const std::string& program, const std::string& what);

    unsigned programs_ = 0;
    unsigned same_ = 0;
    unsigned known_ = 0;        ///< Reviewed misses.
    unsigned empty_ = 0;        ///< Objects in which libbpf finds no program.
    unsigned unrelocated_ = 0;  ///< Objects that libbpf does not relocate here.
    unsigned judged_alike_ = 0, judged_otherwise_ = 0;  ///< Objects, by whether externs resolve.
};

void Comparison::add(const std::string& path) {
    const std::string file = std::filesystem::path(path).filename();
    const auto theirs = test::relocated_by_libbpf(path);
    if (theirs && theirs->programs.empty()) {
        ++empty_;
        fmt::print("{}: no program for libbpf (old compilers gave functions no type)\n", file);
        return;
    }
    auto ours = load_elf_file(path);
    judge_externs(file, ours ? test::make_ready(*ours) : ours.error().message,
                  theirs ? "" : theirs.error().message);
    if (theirs) return compare(file, ours, *theirs);
    ++unrelocated_;
    fmt::print("{}: {}\n", file, theirs.error().message);
}

void Comparison::judge_externs(const std::string& file, const std::string& ours,
                               std::string_view theirs) {
    // Both may have other reasons to refuse it, but one's extern is the other's too.
    const bool alike = ours.empty() ? !theirs.contains("extern") : !theirs.empty();
    ++(alike ? judged_alike_ : judged_otherwise_);
    if (!alike)
        fmt::print("{}: externs {}; libbpf: {}\n", file, ours.empty() ? "resolved" : ours,
                   theirs.empty() ? "resolved" : theirs);
}

void Comparison::compare(const std::string& file, const Result<ObjectSpec>& ours,
                         const Relocated& theirs) {
    for (const auto& [name, stream] : theirs.programs) {
        ++programs_;
        const ProgramSpec* program = ours ? ours->program(name) : nullptr;
        const std::string what = !ours      ? ours.error().message
                                 : !program ? "no such program"
                                            : difference(*program, stream, *ours, theirs);
        if (!what.empty()) {
            miss(file, name, what);
            continue;
        }
        ++same_;
    }
}

void Comparison::miss(const std::string& file, const std::string& program,
                      const std::string& what) {
    const std::string_view reason = known_reason(file, program);
    if (!reason.empty()) ++known_;
    fmt::print("{} {}: {}{}{}\n", file, program, what, reason.empty() ? "" : "; known: ", reason);
}

bool Comparison::finish() const {
    fmt::print(
        "{} objects without a program, {} that libbpf does not relocate\n"
        "same answer whether externs resolve {}/{}\n"
        "same stream {}/{} ({:.1f} %); {} known misses\n",
        empty_, unrelocated_, judged_alike_, judged_alike_ + judged_otherwise_, same_, programs_,
        100.0 * same_ / std::max(programs_, 1U), known_);
    return same_ + known_ == programs_ && judged_otherwise_ == 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return fmt::print(stderr, "usage: bpftwin_libbpf_streams OBJECT|FOLDER...\n"), 2;
    if (const auto kernel = make_kernel_judge(); !kernel)
        return fmt::print("{}\n", kernel.error().message), test::skipped;
    const auto paths = test::objects_named(argc - 1, argv + 1);
    if (!paths) return fmt::print("{}\n", paths.error().message), test::skipped;
    Comparison comparison;
    for (const std::string& path : *paths) comparison.add(path);
    return comparison.finish() ? 0 : 1;
}
