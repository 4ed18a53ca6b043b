#include "helpers/object_graph.h"

namespace bpftwin {

std::uint64_t ObjectTrees::top(std::uint64_t tree) const {
    const auto found = tops_.find(tree);
    return found == tops_.end() ? 0 : found->second;
}

std::uint64_t ObjectTrees::first(std::uint64_t tree) const {
    std::uint64_t node = top(tree);
    while (node != 0 && child(node, true) != 0) node = child(node, true);
    return node;
}

std::uint64_t ObjectTrees::child(std::uint64_t node, bool left) const {
    const auto found = nodes_.find(node);
    return found == nodes_.end() ? 0 : found->second.children[left ? 0 : 1];
}

bool ObjectTrees::insert(std::uint64_t tree, std::uint64_t node, std::uint64_t parent, bool left) {
    const bool is_taken = parent == 0 ? top(tree) != 0 : !has(parent) || child(parent, left) != 0;
    if (is_taken || has(node)) return false;
    nodes_[node].parent = parent;
    if (parent == 0)
        tops_[tree] = node;
    else
        nodes_[parent].children[left ? 0 : 1] = node;
    balance_after_insert(tree, node);
    return true;
}

void ObjectTrees::replace(std::uint64_t tree, std::uint64_t old, std::uint64_t node) {
    const std::uint64_t parent = nodes_.at(old).parent;
    if (parent == 0)
        tops_[tree] = node;
    else
        nodes_.at(parent).children[side(old)] = node;
    if (node != 0) nodes_.at(node).parent = parent;
}

void ObjectTrees::rotate(std::uint64_t tree, std::uint64_t node, int down) {
    const std::uint64_t up = nodes_.at(node).children[1 - down];
    const std::uint64_t inner = nodes_.at(up).children[down];
    replace(tree, node, up);
    nodes_.at(node).children[1 - down] = inner;
    if (inner != 0) nodes_.at(inner).parent = node;
    nodes_.at(up).children[down] = node;
    nodes_.at(node).parent = up;
}

void ObjectTrees::balance_after_insert(std::uint64_t tree, std::uint64_t node) {
    while (is_red(nodes_.at(node).parent)) {
        std::uint64_t parent = nodes_.at(node).parent;
        const std::uint64_t grandparent = nodes_.at(parent).parent;
        const int at = side(parent);
        const std::uint64_t uncle = nodes_.at(grandparent).children[1 - at];
        if (is_red(uncle)) {
            nodes_.at(parent).red = nodes_.at(uncle).red = false;
            nodes_.at(grandparent).red = true;
            node = grandparent;
            continue;
        }
        if (side(node) != at) {
            rotate(tree, parent, at);
            parent = node;
        }
        nodes_.at(parent).red = false;
        nodes_.at(grandparent).red = true;
        rotate(tree, grandparent, 1 - at);
        break;
    }
    nodes_.at(tops_.at(tree)).red = false;
}

void ObjectTrees::erase(std::uint64_t tree, std::uint64_t node) {
    const Node gone = nodes_.at(node);
    std::uint64_t below = gone.children[0] != 0 ? gone.children[0] : gone.children[1];
    std::uint64_t parent = gone.parent;
    bool was_black = !gone.red;
    int at = parent == 0 ? 0 : side(node);
    if (gone.children[0] != 0 && gone.children[1] != 0) {
        // The next node in order takes its place.
        std::uint64_t next = gone.children[1];
        while (nodes_.at(next).children[0] != 0) next = nodes_.at(next).children[0];
        was_black = !nodes_.at(next).red;
        below = nodes_.at(next).children[1];
        const bool is_child = nodes_.at(next).parent == node;
        parent = is_child ? next : nodes_.at(next).parent;
        at = is_child ? 1 : 0;
        if (!is_child) {
            replace(tree, next, below);
            nodes_.at(next).children[1] = nodes_.at(node).children[1];
            nodes_.at(nodes_.at(next).children[1]).parent = next;
        }
        replace(tree, node, next);
        nodes_.at(next).children[0] = gone.children[0];
        nodes_.at(gone.children[0]).parent = next;
        nodes_.at(next).red = gone.red;
    } else {
        replace(tree, node, below);
    }
    nodes_.erase(node);
    if (is_red(below))
        nodes_.at(below).red = false;
    else if (was_black && parent != 0)
        balance_after_erase(tree, parent, at);
}

void ObjectTrees::balance_after_erase(std::uint64_t tree, std::uint64_t parent, int at) {
    for (;;) {
        std::uint64_t sibling = nodes_.at(parent).children[1 - at];
        if (is_red(sibling)) {
            nodes_.at(sibling).red = false;
            nodes_.at(parent).red = true;
            rotate(tree, parent, at);
            sibling = nodes_.at(parent).children[1 - at];
        }
        std::uint64_t far = nodes_.at(sibling).children[1 - at];
        const std::uint64_t near = nodes_.at(sibling).children[at];
        if (!is_red(far) && !is_red(near)) {
            nodes_.at(sibling).red = true;
            const bool is_done = is_red(parent);
            nodes_.at(parent).red = false;
            if (is_done || nodes_.at(parent).parent == 0) return;
            at = side(parent);
            parent = nodes_.at(parent).parent;
            continue;
        }
        if (!is_red(far)) {
            nodes_.at(near).red = false;
            nodes_.at(sibling).red = true;
            rotate(tree, sibling, 1 - at);
            far = sibling;
            sibling = near;
        }
        nodes_.at(sibling).red = nodes_.at(parent).red;
        nodes_.at(parent).red = false;
        nodes_.at(far).red = false;
        rotate(tree, parent, at);
        return;
    }
}

std::vector<std::uint64_t> ObjectTrees::clear(std::uint64_t tree) {
    std::vector<std::uint64_t> nodes;
    if (const std::uint64_t node = top(tree)) nodes.push_back(node);
    for (std::size_t i = 0; i < nodes.size(); ++i)
        for (const bool left : {true, false})
            if (const std::uint64_t below = child(nodes[i], left)) nodes.push_back(below);
    for (const std::uint64_t node : nodes) nodes_.erase(node);
    tops_.erase(tree);
    return {nodes.rbegin(), nodes.rend()};
}

}  // namespace bpftwin
