// Why a program is not accepted.
#pragma once

#include <cerrno>
#include <cstdint>
#include <expected>
#include <string>

namespace bpftwin::verifier {

/// ENOTSUPP of the kernel, which user space has no name for.
inline constexpr int not_supported = 524;

/// A rejection as the kernel words it, or a feature that this verifier does not know yet.
struct Rejection {
    int error = EINVAL;        ///< errno of the load.
    std::string reason;        ///< The log's line, without its end; unsupported: the feature.
    bool unsupported = false;  ///< The kernel might accept it.
};

template <class T>
using Checked = std::expected<T, Rejection>;

inline std::unexpected<Rejection> reject(int error, std::string reason) {
    return std::unexpected(Rejection{error, std::move(reason), false});
}
inline std::unexpected<Rejection> unsupported(std::string feature) {
    return std::unexpected(Rejection{EOPNOTSUPP, std::move(feature), true});
}

}  // namespace bpftwin::verifier
