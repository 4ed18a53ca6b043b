#include "btf/core_resolver.h"

#include <cerrno>

#include "fmt/format.h"

namespace bpftwin {
namespace {

bool may_mean(BtfKind local, BtfKind target) {
    return local == target || (is_enumeration(local) && is_enumeration(target));
}

std::string_view outcome(const CoreFix& fix) { return fix.is_poison ? "no answer" : "answer"; }

/// All types that fit must agree: nobody could say which one is right.
Result<void> agree(const CoreAnswer& first, const CorePath& path, const CoreFix& fix) {
    if (path.bit_offset != first.target->bit_offset)
        return fail(fmt::format("ambiguous: {} and {} are at different offsets",
                                to_text(*first.target), to_text(path)),
                    EINVAL);
    if (fix.is_poison != first.fix.is_poison || fix.after != first.fix.after)
        return fail(fmt::format("ambiguous: {} gives {} {}, but {} gives {} {}",
                                to_text(*first.target), outcome(first.fix), first.fix.after,
                                to_text(path), outcome(fix), fix.after),
                    EINVAL);
    return {};
}

}  // namespace

std::vector<CoreCandidate> CoreResolver::search(const BtfType& local) const {
    std::vector<CoreCandidate> found;
    for (const Types& types : targets_) {
        // Modules may repeat types of the kernel, which then are not meant.
        if (!types.module.empty() && !found.empty() && found.front().module.empty()) break;
        for (const std::uint32_t id : types.btf->flavours(essential_name(local.name)))
            if (may_mean(local.kind, types.btf->kind(id)))
                found.push_back({types.btf, id, types.module});
    }
    return found;
}

std::vector<CoreCandidate>& CoreResolver::candidates_of(std::uint32_t root) {
    const auto [entry, is_new] = candidates_.try_emplace(root);
    if (is_new) entry->second = search(local_.type(root));
    return entry->second;
}

const std::vector<CoreCandidate>& CoreResolver::candidates(std::uint32_t root) {
    return candidates_of(root);
}

Result<CoreAnswer> CoreResolver::choose(CoreAnswer answer) {
    std::vector<CoreCandidate>& candidates = candidates_of(answer.local.root);
    std::vector<CoreCandidate> fitting;
    for (const CoreCandidate& candidate : candidates) {
        auto path = core_match(answer.local, candidate);
        if (!path) return std::unexpected(path.error());
        if (!*path) continue;
        const auto fix = core_fix(answer.local, &**path);
        if (!fix) return std::unexpected(fix.error());
        fitting.push_back(candidate);
        if (answer.target) {
            if (auto same = agree(answer, **path, *fix); !same)
                return std::unexpected(same.error());
            continue;
        }
        answer.target = std::move(*path);
        answer.module = candidate.module;
        answer.fix = *fix;
    }
    if (!fitting.empty()) {
        candidates = std::move(fitting);
        return answer;
    }
    const auto fix = core_fix(answer.local, nullptr);
    if (!fix) return std::unexpected(fix.error());
    answer.fix = *fix;
    return answer;
}

Result<CoreAnswer> CoreResolver::resolve(CoreKind kind, std::uint32_t root,
                                         std::string_view access) {
    auto local = core_path(local_, kind, root, access);
    if (!local) return std::unexpected(local.error());
    CoreAnswer answer{.local = std::move(*local), .target = {}, .module = {}, .fix = {}};
    if (kind == CoreKind::type_id_local) {
        answer.fix = {.before = root, .after = root, .is_certain = false};
        return answer;
    }
    if (local_.type(root).name.empty()) return fail("the type has no name to look for", EOPNOTSUPP);
    return choose(std::move(answer));
}

}  // namespace bpftwin
