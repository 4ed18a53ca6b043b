// Red-black trees of nodes that are known by their addresses (lib/rbtree.c): programs see the shape
// of a tree (bpf_rbtree_root, _left, _right), so it is the kernel's.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace bpftwin {

/// Trees by the address of their root. Address 0 is no node.
class ObjectTrees {
public:
    [[nodiscard]] std::uint64_t top(std::uint64_t tree) const;
    [[nodiscard]] std::uint64_t first(std::uint64_t tree) const;
    [[nodiscard]] std::uint64_t child(std::uint64_t node, bool left) const;
    [[nodiscard]] bool has(std::uint64_t node) const { return nodes_.contains(node); }

    /// Places a node below `parent`, or at the top. @return false where there is another one.
    bool insert(std::uint64_t tree, std::uint64_t node, std::uint64_t parent, bool left);
    void erase(std::uint64_t tree, std::uint64_t node);
    /// Takes all nodes out, children first.
    std::vector<std::uint64_t> clear(std::uint64_t tree);

private:
    struct Node {
        std::uint64_t parent = 0;
        std::uint64_t children[2] = {0, 0};  ///< Left, right.
        bool red = true;
    };

    [[nodiscard]] bool is_red(std::uint64_t node) const { return node != 0 && nodes_.at(node).red; }
    /// Which child of its parent a node is.
    [[nodiscard]] int side(std::uint64_t node) const {
        return nodes_.at(nodes_.at(node).parent).children[1] == node ? 1 : 0;
    }
    /// Puts `node`, or nothing, where `old` was.
    void replace(std::uint64_t tree, std::uint64_t old, std::uint64_t node);
    /// Moves a node down to the side, its other child up.
    void rotate(std::uint64_t tree, std::uint64_t node, int down);
    void balance_after_insert(std::uint64_t tree, std::uint64_t node);
    void balance_after_erase(std::uint64_t tree, std::uint64_t parent, int side);

    std::unordered_map<std::uint64_t, Node> nodes_;
    std::unordered_map<std::uint64_t, std::uint64_t> tops_;
};

}  // namespace bpftwin
