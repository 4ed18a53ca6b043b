// All types as one C header: what is needed whole comes before, what is only pointed to may follow
// (bpftool's `btf dump format c`).
#include <algorithm>
#include <array>
#include <unordered_set>

#include "btf/c_writer.h"
#include "btf/format.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

/// How much of a type must be known.
enum class Need : std::uint8_t {
    declared,  ///< Its name: pointers to it may follow.
    complete,  ///< Its size: members of it may follow.
};

struct Node {
    std::uint32_t id;
    Need need;
};

/// What must come before a type is used.
class Dependencies {
public:
    explicit Dependencies(const Btf& btf) : btf_(btf) {}

    /// Calls `visit` with every node that must come before `node`.
    template <class Visit>
    void of(Node node, Visit visit) const {
        const BtfType& type = btf_.type(node.id);
        const bool is_named = !type.name.empty();
        if (is_aggregate(type.kind) && (node.need == Need::complete || !is_named)) {
            for (const BtfMember& m : btf_.members(type)) visit(Node{m.type, Need::complete});
        } else if (type.kind == BtfKind::typedef_) {
            if (node.need == Need::complete) visit(Node{node.id, Need::declared});
            visit(Node{type.type, node.need});
        } else if (type.kind == BtfKind::array) {
            visit(Node{type.type, Need::complete});
        } else if (is_modifier(type.kind)) {
            visit(Node{type.type, node.need});
        } else if (type.kind == BtfKind::ptr || type.kind == BtfKind::func_proto) {
            visit(Node{type.type, Need::declared});
            for (const BtfParam& p : btf_.params(type)) visit(Node{p.type, Need::declared});
        }
    }

private:
    const Btf& btf_;
};

class CHeader {
public:
    explicit CHeader(const Btf& btf)
        : btf_(btf),
          dependencies_(btf),
          // Real types take about half the bytes of their BTF; what takes far more was made up.
          writer_(btf, CWriter::Style::lines, (std::size_t{1} << 20) + 16 * bytes_of(btf)),
          seen_{std::vector<bool>(btf.type_count()), std::vector<bool>(btf.type_count())} {}

    std::string write() {
        out_ = opening;
        const std::uint32_t first = std::max(btf_.first_id(), 1U);
        for (std::uint32_t id = first; id < btf_.type_count(); ++id)
            if (is_root(btf_.type(id))) add({id, Need::complete});
        for (std::uint32_t id = first; id < btf_.type_count(); ++id)
            if (is_enumeration(btf_.kind(id)) && !writer_.was_printed(id))
                put(writer_.definition(id));
        if (writer_.is_full()) out_ += "/* The types are too much to be shown in full. */\n\n";
        return std::move(out_ += closing);
    }

private:
    /// The guard is the one that libbpf's headers ask for.
    static constexpr std::string_view opening =
        "#ifndef __VMLINUX_H__\n"
        "#define __VMLINUX_H__\n\n"
        "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
        "#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)\n"
        "#endif\n\n";
    static constexpr std::string_view closing =
        "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
        "#pragma clang attribute pop\n"
        "#endif\n\n"
        "#endif\n";

    static std::size_t bytes_of(const Btf& btf) {
        return btf.raw().size() + (btf.base() ? bytes_of(*btf.base()) : 0);
    }

    static bool is_root(const BtfType& type) {
        return !type.name.empty() && (is_aggregate(type.kind) || is_enumeration(type.kind) ||
                                      type.kind == BtfKind::typedef_);
    }

    struct Step {
        Node node;
        bool leaving;
    };

    /// Prints a node after all that it needs; a walk with its own stack, as types may be deep.
    void add(Node root) {
        std::vector<Step> steps{{root, false}};
        while (!steps.empty() && !writer_.is_full()) {
            const Step step = steps.back();
            steps.pop_back();
            if (step.leaving) {
                print(step.node);
                continue;
            }
            auto seen = seen_[static_cast<std::size_t>(step.node.need)][step.node.id];
            if (seen) continue;
            seen = true;
            steps.push_back({step.node, true});
            push_dependencies(step.node, steps);
        }
    }

    /// In reverse, so that the first comes off the stack first.
    void push_dependencies(Node node, std::vector<Step>& steps) const {
        const std::size_t begin = steps.size();
        dependencies_.of(node, [&](Node before) { steps.push_back({before, false}); });
        std::reverse(steps.begin() + static_cast<std::ptrdiff_t>(begin), steps.end());
    }

    void print(Node node) {
        const BtfType& type = btf_.type(node.id);
        if (type.name.empty()) return;
        const bool is_complete = node.need == Need::complete;
        if (is_aggregate(type.kind) && is_complete) {
            declared_.insert(writer_.tag(node.id));
            put(writer_.definition(node.id));
        } else if ((is_enumeration(type.kind) || type.kind == BtfKind::int_) &&
                   !defined_[node.id]) {
            defined_[node.id] = true;
            put(writer_.definition(node.id));
        } else if (type.kind == BtfKind::typedef_ && !is_complete) {
            put(writer_.definition(node.id));
        }
    }

    /// Writes one declaration, behind those of the tags that it mentions in prototypes: there they
    /// would be declared for the prototype only.
    void put(const std::string& text) {
        for (const CWriter::Mention& mention : writer_.take_mentions())
            if (declared_.insert(mention.tag).second && mention.in_prototype)
                out_ += mention.tag + ";\n\n";
        if (!text.empty()) out_ += text + ";\n\n";
    }

    const Btf& btf_;
    Dependencies dependencies_;
    CWriter writer_;
    std::array<std::vector<bool>, 2> seen_;                             ///< By need and id.
    std::vector<bool> defined_ = std::vector<bool>(btf_.type_count());  ///< Enums and ints.
    std::unordered_set<std::string> declared_;                          ///< Tags.
    std::string out_;
};

constexpr std::size_t max_declaration = 1 << 16;

}  // namespace

std::string to_c(const Btf& btf) { return CHeader(btf).write(); }

std::string declaration(const Btf& btf, std::uint32_t type_id, std::string_view name) {
    return CWriter(btf, CWriter::Style::one_line, max_declaration).declare(type_id, name);
}

}  // namespace bpftwin
