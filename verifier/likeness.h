// How states are compared.
#pragma once

#include <cstdint>
#include <vector>

namespace bpftwin::verifier {

/// How exactly a state must be like one that was followed before (enum exact_level).
enum class Likeness : std::uint8_t {
    covered,       ///< What mattered there holds here.
    equal,         ///< All is the same: a loop that changes nothing.
    within_ranges  ///< Every value is one of those there.
};

/// Ids of an old state and those that stand for them in the current one (struct bpf_idmap).
class IdMap {
public:
    void reset(std::uint32_t last_id) { pairs_.clear(), temporary_ = last_id; }
    /// Whether the ids may stand for each other, noted from now on.
    bool match(std::uint32_t old_id, std::uint32_t now);
    /// The same of ids of scalars, where an id more does no harm.
    bool match_scalars(std::uint32_t old_id, std::uint32_t now);

private:
    struct Pair {
        std::uint32_t old_id, now;
    };
    std::vector<Pair> pairs_;
    std::uint32_t temporary_ = 0;
};

}  // namespace bpftwin::verifier
