// Chains of types end: none contains itself, and none points to itself through pointers and
// modifiers alone (the two walks of the kernel's btf_resolve).
#include <algorithm>
#include <optional>
#include <vector>

#include "btf/check.h"
#include "btf/check_each.h"

namespace bpftwin {
namespace {

using Target = std::optional<std::uint32_t>;

/// The types that a value of a type contains.
struct Contained {
    static bool has(BtfKind kind) {
        return is_modifier(kind) || is_aggregate(kind) || kind == BtfKind::array;
    }
    static Target next(const Btf& btf, const BtfType& type, std::uint32_t index) {
        if (!is_aggregate(type.kind)) return index == 0 ? Target(type.type) : std::nullopt;
        return index < type.count ? Target(btf.members(type)[index].type) : std::nullopt;
    }
};

/// What a pointer or modifier refers to.
struct PointedTo {
    static bool has(BtfKind kind) { return is_modifier(kind) || kind == BtfKind::ptr; }
    static Target next(const Btf&, const BtfType& type, std::uint32_t index) {
        return index == 0 ? Target(type.type) : std::nullopt;
    }
};

/// A depth-first walk along one kind of reference, with its own stack. Types without such
/// references are leaves and never entered.
template <class Edges>
class ChainWalk {
public:
    explicit ChainWalk(const Btf& btf) : btf_(btf), depth_(btf.type_count()) {}

    Result<void> all() {
        for (std::uint32_t id = btf_.first_id(); id < btf_.type_count(); ++id) {
            if (is_done(id)) continue;
            if (auto walked = from(id); !walked) return walked;
        }
        return {};
    }

private:
    struct Step {
        std::uint32_t id, index;
        std::uint8_t depth;  ///< Of the deepest type seen below.
    };
    static constexpr std::uint8_t unseen = 0, open = 255;

    Result<void> from(std::uint32_t id) {
        if (auto entered = enter(id); !entered) return entered;
        while (!stack_.empty()) {
            Step& step = stack_.back();
            const Target target = Edges::next(btf_, btf_.type(step.id), step.index++);
            if (!target)
                leave();
            else if (!Edges::has(btf_.kind(*target)))
                continue;
            else if (auto entered = enter(*target); !entered)
                return entered;
        }
        return {};
    }

    [[nodiscard]] bool is_done(std::uint32_t id) const {
        return !Edges::has(btf_.kind(id)) || depth_[id] != unseen;
    }

    Result<void> enter(std::uint32_t id) {
        if (depth_[id] == open) return bad(id, "contains or points to itself");
        if (depth_[id] == unseen) {
            depth_[id] = open;
            stack_.push_back({id, 0, 0});
            return stack_.size() > max_type_depth ? too_deep(id) : Result<void>{};
        }
        return deepen(depth_[id]);
    }

    void leave() {
        const Step step = stack_.back();
        stack_.pop_back();
        depth_[step.id] = static_cast<std::uint8_t>(step.depth + 1);
        if (!stack_.empty()) stack_.back().depth = std::max(stack_.back().depth, depth_[step.id]);
    }

    /// The type on top of the stack refers to one that is `depth` deep.
    Result<void> deepen(std::uint8_t depth) {
        if (stack_.empty()) return {};
        stack_.back().depth = std::max(stack_.back().depth, depth);
        if (stack_.size() + depth > max_type_depth) return too_deep(stack_.front().id);
        return {};
    }

    [[nodiscard]] Result<void> too_deep(std::uint32_t id) const {
        return bad(id, fmt::format("is nested more than {} types deep", max_type_depth));
    }

    [[nodiscard]] Result<void> bad(std::uint32_t id, std::string_view what) const {
        return btf_check::bad(btf_, id, what);
    }

    const Btf& btf_;
    std::vector<std::uint8_t> depth_;  ///< By id: unseen, open, or types down to the deepest.
    std::vector<Step> stack_;
};

}  // namespace

Result<void> check_chains(const Btf& btf) {
    return btf_check::in_turn([&] { return ChainWalk<Contained>(btf).all(); },
                              [&] { return ChainWalk<PointedTo>(btf).all(); });
}

}  // namespace bpftwin
