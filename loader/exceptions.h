// The functions that handle programs' exceptions (bpf_throw): nothing calls them, declaration tags
// of the programs name them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "btf/btf.h"
#include "loader/code.h"

namespace bpftwin {

/// The tags "exception_callback:NAME" of an object's functions.
class Exceptions {
public:
    explicit Exceptions(const Btf* btf);
    /// Index of the function that a tag of `program` names. Where there are several tags or no such
    /// function there is none: verifiers refuse those programs.
    [[nodiscard]] std::optional<std::uint32_t> callback_of(std::string_view program,
                                                           const Code& code) const;

private:
    std::unordered_multimap<std::string_view, std::string_view> names_;  ///< By program.
};

}  // namespace bpftwin
