// Strongly connected components of a program's control flow: its loops (kernel/bpf/verifier.c:
// compute_scc).
#include <algorithm>
#include <limits>

#include "verifier/flow_walk.h"

namespace bpftwin::verifier {
namespace {

/// Tarjan's algorithm without recursion. Components get numbers as they are completed; both depend
/// on where the walk begins and on the order of successors, as the kernel's do.
class Components {
public:
    Components(const Code& code, std::vector<InsnFacts>& facts)
        : code_(code), facts_(facts), order_(code.size()), low_(code.size()) {}

    void find() {
        for (std::uint32_t at = 0; at < code_.size(); ++at)
            if (order_[at] == 0) walk(at);
    }

private:
    /// Greater than every place in the order: what is complete says nothing of the others.
    static constexpr std::uint32_t complete = std::numeric_limits<std::uint32_t>::max();

    void walk(std::uint32_t start) {
        path_.push_back(start);
        while (!path_.empty()) {
            const std::uint32_t at = path_.back();
            if (order_[at] == 0) enter(at);
            if (descends(at)) continue;
            if (low_[at] == order_[at]) finish(at);
            path_.pop_back();
        }
    }

    void enter(std::uint32_t at) {
        order_[at] = low_[at] = ++entered_;
        open_.push_back(at);
    }

    /// Whether there is a successor to walk first.
    bool descends(std::uint32_t at) {
        for (const std::uint32_t next : code_.successors(at)) {
            if (order_[next] == 0) {
                path_.push_back(next);
                return true;
            }
            low_[at] = std::min(low_[at], low_[next]);
        }
        return false;
    }

    /// All that was entered behind `head` and is open forms a component with it.
    void finish(std::uint32_t head) {
        const auto next = code_.successors(head);
        const bool is_loop = open_.back() != head || std::ranges::find(next, head) != next.end();
        const std::uint32_t number = is_loop ? ++components_ : 0;
        std::uint32_t member;
        do {
            member = open_.back();
            open_.pop_back();
            low_[member] = complete;
            facts_[member].component = number;
        } while (member != head);
    }

    const Code& code_;
    std::vector<InsnFacts>& facts_;
    std::vector<std::uint32_t> order_;  ///< In which instructions were entered, from 1.
    std::vector<std::uint32_t> low_;    ///< The first in that order known to be reached.
    std::vector<std::uint32_t> path_, open_;
    std::uint32_t entered_ = 0, components_ = 0;
};

}  // namespace

void find_components(const Code& code, std::vector<InsnFacts>& facts) {
    Components(code, facts).find();
}

}  // namespace bpftwin::verifier
