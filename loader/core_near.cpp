// What a kernel has that is called nearly as what it has not.
#include <algorithm>
#include <set>
#include <utility>

#include "bpftwin/target.h"
#include "btf/core_resolver.h"
#include "btf/near_names.h"

namespace bpftwin {
namespace {

using Names = std::vector<std::string_view>;

constexpr std::size_t most_names = 3;

/// Names of members, also of anonymous members.
Names member_names(const Btf& btf, std::uint32_t id) {
    Names names;
    std::vector<std::uint32_t> open = {btf.resolve(id)};
    std::set<std::uint32_t> seen;
    while (!open.empty()) {
        id = open.back();
        open.pop_back();
        if (!seen.insert(id).second) continue;
        for (const BtfMember& member : btf.members(btf.type(id))) {
            if (member.name.empty())
                open.push_back(btf.resolve(member.type));
            else
                names.push_back(member.name);
        }
    }
    return names;
}

Names enumerator_names(const Btf& btf, std::uint32_t id) {
    Names names;
    for (const BtfEnumerator& one : btf.enumerators(btf.type(btf.resolve(id))))
        names.push_back(one.name);
    return names;
}

Names type_names(const Btf& btf, BtfKind kind) {
    Names names;
    for (std::uint32_t id = btf.first_id(); id < btf.type_count(); ++id)
        if (btf.kind(id) == kind && !btf.type(id).name.empty()) names.push_back(btf.type(id).name);
    return names;
}

/// The first `steps` of a path.
CorePath begin_of(const CorePath& path, std::size_t steps) {
    CorePath begin = path;
    begin.kind = CoreKind::field_exists;
    begin.steps.resize(steps);
    return begin;
}

/// What the candidate has where the path to a field ends in it, and the name that it lacks.
std::pair<std::string_view, Names> where_it_ends(const CorePath& local,
                                                 const CoreCandidate& candidate) {
    std::uint32_t id = candidate.id;
    for (std::size_t steps = 2; steps <= local.steps.size(); ++steps) {
        const auto reached = core_match(begin_of(local, steps), candidate);
        if (reached && *reached) {
            const CoreStep& last = (*reached)->steps.back();
            const Btf& btf = *candidate.btf;
            id = last.name.empty() ? last.type : btf.members(btf.type(last.type))[last.index].type;
            continue;
        }
        return {local.steps[steps - 1].name, member_names(*candidate.btf, id)};
    }
    return {};
}

std::pair<std::string_view, Names> missing(const CorePath& local, const CoreCandidate& candidate) {
    switch (subject_of(local.kind)) {
        case CoreSubject::field: return where_it_ends(local, candidate);
        case CoreSubject::enumerator:
            return {essential_name(local.steps.front().name),
                    enumerator_names(*candidate.btf, candidate.id)};
        case CoreSubject::type: return {};
    }
    bug("a subject out of range");
}

/// The name that the target lacks, and those of its kind that it has.
std::pair<std::string_view, Names> lacking(const CorePath& path, const Target& target) {
    const BtfType& type = path.btf->type(path.root);
    CoreResolver resolver(*path.btf, {{target.types.get(), {}}});
    const auto& candidates = resolver.candidates(path.root);
    if (!candidates.empty()) return missing(path, candidates.front());
    return {essential_name(type.name), type_names(*target.types, type.kind)};
}

}  // namespace

void add_near(std::vector<CoreOutcome>& outcomes, const ObjectSpec& object, const Target& target) {
    if (!object.btf || !target.types) return;
    for (CoreOutcome& outcome : outcomes) {
        const CoreRelocation& relocation = outcome.relocation;
        const auto kind = core_kind(relocation.kind);
        if (!kind || relocation.state != CoreState::poisoned || !outcome.target.empty()) continue;
        const auto path = core_path(*object.btf, *kind, relocation.type_id, relocation.access);
        if (!path) continue;
        const auto [name, known] = lacking(*path, target);
        const auto near = near_names(name, known);
        const auto count = std::min(near.size(), most_names);
        outcome.near.assign(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(count));
    }
}

}  // namespace bpftwin
