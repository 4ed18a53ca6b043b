// Chains of types end: none contains itself, and none points to itself through pointers and
// modifiers alone (the two walks of the kernel's btf_resolve).
#include <algorithm>
#include <optional>
#include <vector>

#include "btf/check.h"
#include "btf/check_each.h"

namespace bpftwin {
namespace {

/// The types that a value of a type contains.
struct Contained {
    static bool has(BtfKind kind) {
        return is_modifier(kind) || is_aggregate(kind) || kind == BtfKind::array;
    }
    static std::uint32_t count(const BtfType& type) {
        return is_aggregate(type.kind) ? type.count : 1;
    }
    static std::uint32_t target(const Btf& btf, const BtfType& type, std::uint32_t index) {
        return is_aggregate(type.kind) ? btf.members(type)[index].type : type.type;
    }
};

/// What a pointer or modifier refers to.
struct PointedTo {
    static bool has(BtfKind kind) { return is_modifier(kind) || kind == BtfKind::ptr; }
    static std::uint32_t count(const BtfType&) { return 1; }
    static std::uint32_t target(const Btf&, const BtfType& type, std::uint32_t) {
        return type.type;
    }
};

/// A depth-first walk along one kind of reference, with its own stack. Types without such
/// references are leaves and never entered.
template <class Edges>
class ChainWalk {
public:
    explicit ChainWalk(const Btf& btf) : btf_(btf), depth_(btf.type_count()) {
        for (std::uint32_t id = 0; id < btf.type_count(); ++id)
            depth_[id] = Edges::has(btf.kind(id)) ? unseen : leaf;
    }

    Result<void> all() {
        for (std::uint32_t id = btf_.first_id(); id < btf_.type_count(); ++id) {
            if (is_known(depth_[id])) continue;
            if (auto walked = from(id); !walked) return walked;
        }
        return {};
    }

private:
    struct Step {
        std::uint32_t id, index;
        std::uint8_t depth;  ///< Of the deepest type seen below.
    };
    static constexpr std::uint8_t leaf = 0, open = 254, unseen = 255;
    static bool is_known(std::uint8_t depth) { return depth < open; }

    Result<void> from(std::uint32_t id) {
        if (auto entered = enter(id); !entered) return entered;
        while (!stack_.empty()) {
            const auto target = next(stack_.back());
            if (auto moved = target ? enter(*target) : leave(); !moved) return moved;
        }
        return {};
    }

    /// The next type that `step` refers to and whose depth is not known.
    [[nodiscard]] std::optional<std::uint32_t> next(Step& step) const {
        const BtfType& type = btf_.type(step.id);
        for (const std::uint32_t count = Edges::count(type); step.index < count;) {
            const std::uint32_t target = Edges::target(btf_, type, step.index++);
            const std::uint8_t depth = depth_[target];
            if (!is_known(depth)) return target;
            step.depth = std::max(step.depth, depth);
        }
        return std::nullopt;
    }

    Result<void> enter(std::uint32_t id) {
        if (depth_[id] == open) return bad(id, "contains or points to itself");
        depth_[id] = open;
        stack_.push_back({id, 0, 0});
        return stack_.size() > max_type_depth ? too_deep(id) : Result<void>{};
    }

    Result<void> leave() {
        const Step step = stack_.back();
        if (stack_.size() + step.depth > max_type_depth) return too_deep(stack_.front().id);
        stack_.pop_back();
        depth_[step.id] = static_cast<std::uint8_t>(step.depth + 1);
        if (!stack_.empty()) stack_.back().depth = std::max(stack_.back().depth, depth_[step.id]);
        return {};
    }

    [[nodiscard]] Result<void> too_deep(std::uint32_t id) const {
        return bad(id, fmt::format("is nested more than {} types deep", max_type_depth));
    }

    [[nodiscard]] Result<void> bad(std::uint32_t id, std::string_view what) const {
        return btf_check::bad(btf_, id, what);
    }

    const Btf& btf_;
    std::vector<std::uint8_t> depth_;  ///< By id: types down to the deepest; open; unseen.
    std::vector<Step> stack_;
};

}  // namespace

Result<void> check_chains(const Btf& btf) {
    return btf_check::in_turn([&] { return ChainWalk<Contained>(btf).all(); },
                              [&] { return ChainWalk<PointedTo>(btf).all(); });
}

}  // namespace bpftwin
