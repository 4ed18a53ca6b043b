// Local types against those of a target. Rules of libbpf's bpf_core_spec_match,
// …_fields_are_compat, …_types_are_compat and …_types_match.
#include <algorithm>
#include <cerrno>

#include "btf/core.h"
#include "btf/core_walk.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

/// Depth of pointers, arrays and prototypes in each other that types are compared to.
constexpr int deepest = 32;
/// Types that one relocation may compare: hostile ones can contain each other in ever more ways.
constexpr unsigned most_comparisons = 1u << 20;

using Match = Result<bool>;

bool same_essence(std::string_view a, std::string_view b) {
    return essential_name(a) == essential_name(b);
}

/// What goes on in the type that it refers to.
bool refers_on(BtfKind kind) {
    return kind == BtfKind::ptr || kind == BtfKind::array || kind == BtfKind::func_proto;
}

/// What a name and kind are enough for, whatever it consists of.
bool is_named_apart(BtfKind kind) {
    return kind == BtfKind::void_ || kind == BtfKind::fwd || is_aggregate(kind) ||
           is_enumeration(kind);
}

std::unexpected<Error> too_deep() { return fail("types are nested too deep", EINVAL); }

/// A local type and one of the target.
struct Pair {
    std::uint32_t local, target;
};

/// Compares types of two BTFs.
class Matcher {
public:
    Matcher(const Btf& local, const Btf& target) : local_(local), target_(target) {}

    /// Whether a field of one type can be read as the other.
    Match fields(Pair pair);
    Match compatible(Pair pair, int level = deepest);
    /// Whether every member and enumerator of the local type is in the target's, with types that
    /// match in turn.
    Match matches(Pair pair, bool behind_pointer = false, int level = deepest);
    /// Appends the member called as the local step's to the path.
    /// @return whether there is one; `id`, where it is searched, becomes its type.
    Match find_member(const CoreStep& local, std::uint32_t& id, CorePath& path);

private:
    [[nodiscard]] const BtfType& local(Pair pair) const { return local_.type(pair.local); }
    [[nodiscard]] const BtfType& target(Pair pair) const { return target_.type(pair.target); }
    [[nodiscard]] Pair resolved(Pair pair) const {
        return {local_.resolve(pair.local), target_.resolve(pair.target)};
    }
    [[nodiscard]] bool same_kind(Pair pair) const;
    [[nodiscard]] bool are_whole_ints(Pair pair) const {
        return local(pair).bit_offset == 0 && target(pair).bit_offset == 0;
    }
    Match params_match(Pair pair, auto compare);
    Match aggregates_match(Pair pair, int level);
    Match member_matches(const BtfMember& member, const BtfType& in, int level);
    [[nodiscard]] bool enumerations_match(Pair pair) const;
    [[nodiscard]] bool declaration_matches(Pair pair, bool behind_pointer) const;
    [[nodiscard]] bool tags_match(Pair pair) const;
    Result<void> spend();

    const Btf& local_;
    const Btf& target_;
    unsigned spent_ = 0;
};

Result<void> Matcher::spend() {
    if (++spent_ <= most_comparisons) return {};
    return fail(fmt::format("needs more than {} comparisons of types", most_comparisons), E2BIG);
}

bool Matcher::same_kind(Pair pair) const {
    const BtfKind a = local(pair).kind, b = target(pair).kind;
    return a == b || (is_enumeration(a) && is_enumeration(b));
}

Match Matcher::fields(Pair pair) {
    for (;; pair = {local(pair).type, target(pair).type}) {
        pair = resolved(pair);
        if (is_aggregate(local(pair).kind) && is_aggregate(target(pair).kind)) return true;
        if (!same_kind(pair)) return false;
        const BtfKind kind = local(pair).kind;
        if (kind == BtfKind::ptr || kind == BtfKind::float_) return true;
        if (kind == BtfKind::int_) return are_whole_ints(pair);
        if (kind == BtfKind::fwd || is_enumeration(kind)) {
            const auto ours = local(pair).name, theirs = target(pair).name;
            return ours.empty() || theirs.empty() || same_essence(ours, theirs);
        }
        if (kind != BtfKind::array) return false;
    }
}

/// Parameters one by one; the return type is left to the caller.
Match Matcher::params_match(Pair pair, auto compare) {
    const auto ours = local_.params(local(pair)), theirs = target_.params(target(pair));
    if (ours.size() != theirs.size()) return false;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const Match same = compare(Pair{ours[i].type, theirs[i].type});
        if (!same || !*same) return same;
    }
    return true;
}

Match Matcher::compatible(Pair pair, int level) {
    for (int depth = 0; depth < deepest; ++depth) {
        if (auto ok = spend(); !ok) return std::unexpected(ok.error());
        pair = resolved(pair);
        const BtfKind kind = local(pair).kind;
        if (!same_kind(pair)) return false;
        if (is_named_apart(kind)) return true;
        if (kind == BtfKind::int_) return are_whole_ints(pair);
        if (!refers_on(kind)) return false;
        if (kind == BtfKind::func_proto) {
            if (level <= 0) break;
            const Match same = params_match(pair, [&](Pair p) { return compatible(p, level - 1); });
            if (!same || !*same) return same;
        }
        pair = {local(pair).type, target(pair).type};
    }
    return too_deep();
}

bool Matcher::enumerations_match(Pair pair) const {
    if (!is_enumeration(target(pair).kind) || local(pair).size != target(pair).size ||
        local(pair).count > target(pair).count)
        return false;
    const auto theirs = target_.enumerators(target(pair));
    return std::ranges::all_of(local_.enumerators(local(pair)), [&](const BtfEnumerator& ours) {
        return std::ranges::any_of(
            theirs, [&](const BtfEnumerator& e) { return same_essence(ours.name, e.name); });
    });
}

/// A forward declaration says by kind_flag whether it is of a union.
bool Matcher::declaration_matches(Pair pair, bool behind_pointer) const {
    const BtfType &ours = local(pair), &theirs = target(pair);
    if (ours.kind == theirs.kind) return ours.kind_flag == theirs.kind_flag;
    if (!behind_pointer) return false;
    return theirs.kind == (ours.kind_flag ? BtfKind::union_ : BtfKind::struct_);
}

/// Behind a pointer a struct is as good as its declaration.
bool Matcher::tags_match(Pair pair) const {
    const BtfType &ours = local(pair), &theirs = target(pair);
    if (ours.kind == theirs.kind) return true;
    return theirs.kind == BtfKind::fwd && (ours.kind == BtfKind::union_) == theirs.kind_flag;
}

Match Matcher::member_matches(const BtfMember& member, const BtfType& in, int level) {
    for (const BtfMember& theirs : target_.members(in)) {
        if (auto ok = spend(); !ok) return std::unexpected(ok.error());
        if (!same_essence(member.name, theirs.name)) continue;
        const Match same = matches({member.type, theirs.type}, false, level - 1);
        if (!same || *same) return same;
    }
    return false;
}

Match Matcher::aggregates_match(Pair pair, int level) {
    if (local(pair).kind != target(pair).kind || local(pair).count > target(pair).count)
        return false;
    for (const BtfMember& member : local_.members(local(pair))) {
        const Match same = member_matches(member, target(pair), level);
        if (!same || !*same) return same;
    }
    return true;
}

Match Matcher::matches(Pair pair, bool behind_pointer, int level) {
    for (int depth = 0; level > 0 && depth < deepest; ++depth) {
        if (auto ok = spend(); !ok) return std::unexpected(ok.error());
        pair = resolved(pair);
        const BtfType &ours = local(pair), &theirs = target(pair);
        if (!same_essence(ours.name, theirs.name)) return false;
        if (ours.kind == BtfKind::fwd) return declaration_matches(pair, behind_pointer);
        if (is_enumeration(ours.kind)) return enumerations_match(pair);
        if (is_aggregate(ours.kind))
            return behind_pointer ? tags_match(pair) : aggregates_match(pair, level);
        if (ours.kind != theirs.kind) return false;
        if (ours.kind == BtfKind::void_) return true;
        if (ours.kind == BtfKind::int_)
            return ours.size == theirs.size && ours.is_signed == theirs.is_signed;
        if (!refers_on(ours.kind)) return false;
        if (ours.kind == BtfKind::array && ours.count != theirs.count) return false;
        if (ours.kind == BtfKind::func_proto) {
            const Match same =
                params_match(pair, [&](Pair p) { return matches(p, behind_pointer, level - 1); });
            if (!same || !*same) return same;
        } else {
            behind_pointer = ours.kind == BtfKind::ptr;
        }
        pair = {ours.type, theirs.type};
    }
    return too_deep();
}

Match Matcher::find_member(const CoreStep& step, std::uint32_t& id, CorePath& path) {
    const std::uint32_t owner = target_.resolve(id);
    const BtfType& type = target_.type(owner);
    const BtfMember& wanted = local_.members(local_.type(step.type))[step.index];
    const auto members = target_.members(type);
    for (std::uint32_t i = 0; i < members.size(); ++i) {
        if (auto ok = spend(); !ok) return std::unexpected(ok.error());
        const BtfMember& member = members[i];
        if (!member.name.empty() && member.name != wanted.name) continue;
        if (path.numbers.size() == core_walk::most_steps)
            return fail("the field is nested too deep", E2BIG);
        const CorePath before = path;
        path.bit_offset += member.bit_offset;
        path.numbers.push_back(i);
        std::uint32_t inner = member.type;
        if (!member.name.empty()) path.steps.push_back({owner, i, member.name});
        const Match found = member.name.empty() ? find_member(step, inner, path)
                                                : fields({wanted.type, member.type});
        if (!found || *found) {
            id = inner;
            return found;
        }
        path = before;
        if (!member.name.empty()) return false;
    }
    return false;
}

/// Follows a local path of steps through the target.
class FieldMatch {
public:
    FieldMatch(const CorePath& local, CorePath& path)
        : local_(local), path_(path), matcher_(*local.btf, *path.btf) {}

    Match run() {
        std::uint32_t id = path_.root;
        for (std::size_t i = 0; i < local_.steps.size(); ++i) {
            id = path_.btf->resolve(id);
            const CoreStep& step = local_.steps[i];
            const Match found = step.name.empty() ? element(step.index, i == 0, id)
                                                  : matcher_.find_member(step, id, path_);
            if (!found || !*found) return found;
        }
        return true;
    }

private:
    /// The first step is an element of the array that a pointer points to, of type `id` already.
    Match element(std::uint32_t index, bool is_first, std::uint32_t& id) {
        if (!is_first) {
            const BtfType& array = path_.btf->type(id);
            if (array.kind != BtfKind::array || !core_walk::has_element(path_, array, index))
                return false;
            id = path_.btf->resolve(array.type);
        }
        if (path_.numbers.size() == core_walk::most_steps)
            return fail("the field is nested too deep", E2BIG);
        path_.numbers.push_back(index);
        if (auto entered = core_walk::enter_element(path_, id, index); !entered)
            return std::unexpected(entered.error());
        return true;
    }

    const CorePath& local_;
    CorePath& path_;
    Matcher matcher_;
};

bool find_enumerator(std::string_view name, CorePath& path) {
    const std::uint32_t id = path.btf->resolve(path.root);
    const auto values = path.btf->enumerators(path.btf->type(id));
    const auto found = std::ranges::find_if(
        values, [&](const BtfEnumerator& e) { return same_essence(e.name, name); });
    if (found == values.end()) return false;
    const auto index = static_cast<std::uint32_t>(found - values.begin());
    path.steps.push_back({id, index, (*found).name});
    path.numbers.push_back(index);
    return true;
}

Match find_in(const CorePath& local, CorePath& path) {
    switch (subject_of(local.kind)) {
        case CoreSubject::field: return FieldMatch(local, path).run();
        case CoreSubject::enumerator: return find_enumerator(local.steps.front().name, path);
        case CoreSubject::type:
            if (local.kind != CoreKind::type_matches)
                return core_compatible(*local.btf, local.root, *path.btf, path.root);
            return Matcher(*local.btf, *path.btf).matches({local.root, path.root});
    }
    bug("a subject out of range");
}

}  // namespace

Result<std::optional<CorePath>> core_match(const CorePath& local, const CoreCandidate& candidate) {
    CorePath path{.btf = candidate.btf, .kind = local.kind, .root = candidate.id};
    const Match found = find_in(local, path);
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    return path;
}

Result<bool> core_compatible(const Btf& local, std::uint32_t local_id, const Btf& target,
                             std::uint32_t target_id) {
    return Matcher(local, target).compatible({local_id, target_id});
}

}  // namespace bpftwin
