#include "vm/cgroup_tree.h"

#include <algorithm>
#include <cerrno>

#include "fmt/format.h"
#include "vm/world.h"

namespace bpftwin {

Result<CgroupTree> CgroupTree::create(const World& world) {
    CgroupTree tree;
    if (auto added = tree.add(cgroups_of(world.task)); !added)
        return std::unexpected(added.error().in("cgroups"));
    for (const auto& path : world.other_cgroups)
        if (auto added = tree.add(path); !added)
            return std::unexpected(added.error().in("other_cgroups"));
    return tree;
}

Result<void> CgroupTree::add(std::span<const std::uint64_t> path) {
    if (path.empty()) return fail("a way without cgroups", EINVAL);
    if (nodes_.empty()) nodes_.push_back({.id = path.front()});
    if (nodes_[root].id != path.front())
        return fail(fmt::format("the root is {}, not {}", nodes_[root].id, path.front()), EINVAL);
    std::size_t at = root;
    for (const std::uint64_t id : path.subspan(1)) {
        const auto known = find(id);
        if (known == root || (known && nodes_[*known].parent != at))
            return fail(fmt::format("cgroup {} is not only below {}", id, nodes_[at].id), EINVAL);
        if (!known) {
            nodes_[at].children.push_back(nodes_.size());
            nodes_.push_back({.id = id, .parent = at, .level = nodes_[at].level + 1});
        }
        at = known.value_or(nodes_.size() - 1);
    }
    return {};
}

std::optional<std::size_t> CgroupTree::parent(std::size_t cgroup) const {
    if (cgroup == root) return std::nullopt;
    return nodes_[cgroup].parent;
}

std::optional<std::size_t> CgroupTree::find(std::uint64_t id) const {
    const auto found = std::ranges::find(nodes_, id, &Node::id);
    if (found == nodes_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - nodes_.begin());
}

bool CgroupTree::is_under(std::size_t cgroup, std::size_t ancestor) const {
    while (level(cgroup) > level(ancestor)) cgroup = nodes_[cgroup].parent;
    return cgroup == ancestor;
}

std::optional<std::size_t> CgroupTree::next_sibling(std::size_t cgroup) const {
    if (cgroup == root) return std::nullopt;
    const auto& siblings = nodes_[nodes_[cgroup].parent].children;
    const auto next = std::ranges::find(siblings, cgroup) + 1;
    if (next == siblings.end()) return std::nullopt;
    return *next;
}

std::size_t CgroupTree::leftmost(std::size_t cgroup) const {
    while (!nodes_[cgroup].children.empty()) cgroup = nodes_[cgroup].children.front();
    return cgroup;
}

std::optional<std::size_t> CgroupTree::next_pre(std::optional<std::size_t> last,
                                                std::size_t top) const {
    if (!last) return top;
    if (!nodes_[*last].children.empty()) return nodes_[*last].children.front();
    for (std::size_t at = *last; at != top && at != root; at = nodes_[at].parent)
        if (const auto next = next_sibling(at)) return next;
    return std::nullopt;
}

std::optional<std::size_t> CgroupTree::next_post(std::optional<std::size_t> last,
                                                 std::size_t top) const {
    if (!last) return leftmost(top);
    if (*last == top) return std::nullopt;
    if (const auto next = next_sibling(*last)) return leftmost(*next);
    return parent(*last);
}

}  // namespace bpftwin
