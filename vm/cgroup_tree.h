// The hierarchy of cgroups that a run sees: the running task's and those that the world adds, each
// named by the way to it. Walks mirror kernel/cgroup/cgroup.c css_next_descendant_pre and _post.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/run.h"

namespace bpftwin {

/// Cgroups are numbers into `ids`; siblings keep the order in which they were added.
class CgroupTree {
public:
    static constexpr std::size_t root = 0;

    /// @return an Error that names the cgroup that is below two, or has another root.
    static Result<CgroupTree> create(const World& world);

    [[nodiscard]] std::size_t size() const { return nodes_.size(); }
    [[nodiscard]] std::uint64_t id(std::size_t cgroup) const { return nodes_[cgroup].id; }
    [[nodiscard]] std::size_t level(std::size_t cgroup) const { return nodes_[cgroup].level; }
    /// Nothing for the root.
    [[nodiscard]] std::optional<std::size_t> parent(std::size_t cgroup) const;
    [[nodiscard]] std::optional<std::size_t> find(std::uint64_t id) const;
    /// Whether the one is the other or below it.
    [[nodiscard]] bool is_under(std::size_t cgroup, std::size_t ancestor) const;

    /// The next one at or below `top`, parents before their children; without a `last` the first.
    [[nodiscard]] std::optional<std::size_t> next_pre(std::optional<std::size_t> last,
                                                      std::size_t top) const;
    /// The same, parents after their children.
    [[nodiscard]] std::optional<std::size_t> next_post(std::optional<std::size_t> last,
                                                       std::size_t top) const;

private:
    struct Node {
        std::uint64_t id = 0;
        std::size_t parent = 0;
        std::size_t level = 0;
        std::vector<std::size_t> children = {};
    };

    Result<void> add(std::span<const std::uint64_t> path);
    [[nodiscard]] std::optional<std::size_t> next_sibling(std::size_t cgroup) const;
    [[nodiscard]] std::size_t leftmost(std::size_t cgroup) const;

    std::vector<Node> nodes_;
};

}  // namespace bpftwin
