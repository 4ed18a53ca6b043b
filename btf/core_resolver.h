// CO-RE relocations against the types of a kernel and its modules: which type is meant, and one
// answer from all that may be (libbpf's bpf_core_calc_relo_insn).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "btf/core.h"

namespace bpftwin {

/// What a relocation comes to.
struct CoreAnswer {
    CorePath local;
    std::optional<CorePath> target;  ///< In the first type that fits; nothing where none does.
    std::string_view module;         ///< Of the target; empty: the kernel itself.
    CoreFix fix;
};

/// Resolves the relocations of one object. What it was made of must outlive it.
class CoreResolver {
public:
    struct Types {
        const Btf* btf;
        std::string_view module;  ///< Empty: the kernel itself.
    };

    /// @param targets the kernel, then its modules, in which only types that the kernel has not are
    /// searched.
    CoreResolver(const Btf& local, std::vector<Types> targets)
        : local_(local), targets_(std::move(targets)) {}

    /// @return the answer, which can be that there is none (`fix.is_poison`), or an Error where the
    /// relocation makes no sense or types that fit give different answers.
    Result<CoreAnswer> resolve(CoreKind kind, std::uint32_t root, std::string_view access);

    /// All types that local type `root` may mean. Types that fitted one relocation are the only
    /// ones that the next of the same root is compared with, as in libbpf.
    [[nodiscard]] const std::vector<CoreCandidate>& candidates(std::uint32_t root);

private:
    [[nodiscard]] std::vector<CoreCandidate> search(const BtfType& local) const;
    Result<CoreAnswer> choose(CoreAnswer answer);
    [[nodiscard]] std::vector<CoreCandidate>& candidates_of(std::uint32_t root);

    const Btf& local_;
    std::vector<Types> targets_;
    std::unordered_map<std::uint32_t, std::vector<CoreCandidate>> candidates_;  ///< By root.
};

}  // namespace bpftwin
