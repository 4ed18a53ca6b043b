#include "tests/verdicts/accepted_programs.h"

#include <algorithm>
#include <filesystem>

#include "bpftwin/target.h"

namespace bpftwin::verdicts {
namespace {

constexpr std::size_t most_slots = 400;
constexpr std::uint64_t most_insns = 3000;

bool needs_module(const ProgramSpec& program) {
    return std::ranges::any_of(program.externs,
                               [](const ExternReference& one) { return !one.module.empty(); });
}

/// What is in the instructions by now is not resolved again.
void settle(ProgramSpec& program) {
    program.core_relocations.clear();
    program.externs.clear();
}

Result<ObjectSpec> ready(const std::string& path) {
    auto object = load_elf_file(path);
    if (!object) return object;
    if (auto target = target_for(*object)) {
        if (target->types) resolve_core(*object, *target);
        resolve_externs(*object, *target);
    }
    std::erase_if(object->programs, [](const ProgramSpec& program) {
        return program.insns.size() > most_slots || !program.unnamed_maps.empty() ||
               needs_module(program);
    });
    std::ranges::for_each(object->programs, settle);
    return object;
}

void keep_accepted(ObjectSpec& object, const std::vector<Opinions>& opinions) {
    std::vector<ProgramSpec> kept;
    for (std::size_t i = 0; i < opinions.size(); ++i)
        if (opinions[i].theirs.answer == Answer::accepted && opinions[i].theirs.insns < most_insns)
            kept.push_back(std::move(object.programs[i]));
    object.programs = std::move(kept);
}

std::vector<std::string> objects_in(const std::vector<std::string>& folders) {
    std::vector<std::string> paths;
    for (const std::string& folder : folders)
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
            if (entry.path().extension() == ".o") paths.push_back(entry.path().string());
    std::ranges::sort(paths);
    return paths;
}

}  // namespace

std::vector<ObjectSpec> accepted_programs(const std::vector<std::string>& folders,
                                          Contest& contest) {
    std::vector<ObjectSpec> found;
    for (const std::string& path : objects_in(folders)) {
        auto object = ready(path);
        if (!object || object->programs.empty()) continue;
        const auto opinions = contest.judge(*object);
        if (!opinions) continue;
        keep_accepted(*object, *opinions);
        if (!object->programs.empty()) found.push_back(std::move(*object));
    }
    return found;
}

}  // namespace bpftwin::verdicts
