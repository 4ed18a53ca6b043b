#include "helpers/kfuncs.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "helpers/adapter.h"
#include "helpers/kfunc_calls.h"
#include "helpers/maps/attributes.h"

namespace bpftwin {
namespace {

/// How rows say what a failing call gives.
struct Failure {
    bool can_fail;
    std::uint64_t value;
};
constexpr Failure failure(long error) { return {true, static_cast<std::uint64_t>(-error)}; }
constexpr long null = 0;
constexpr long never = -1;

constexpr Kfunc row(std::string_view name, HelperFunction function, long error) {
    return {name, function, error != never, error == never ? 0 : failure(error).value};
}

constexpr auto sorted_kfuncs = [] {
    auto rows = std::to_array<Kfunc>({
#define KFUNC(name, error) row(#name, &Adapter<&kfuncs::name>::call, error),
#include "helpers/kfuncs.def"
    });
    std::ranges::sort(rows, {}, &Kfunc::name);
    return rows;
}();

struct HelperFailure {
    std::string_view name;
    int error;
};
constexpr auto failures = std::to_array<HelperFailure>({
#define FAILURE(name, error) {#name, error},
#include "helpers/failures.def"
});

bool gives_null(RetType type) {
    switch (type) {
        case RetType::map_value_or_null:
        case RetType::socket_or_null:
        case RetType::tcp_sock_or_null:
        case RetType::sock_common_or_null:
        case RetType::ringbuf_mem_or_null:
        case RetType::dynptr_mem_or_null:
        case RetType::mem_or_btf_id_or_null:
        case RetType::btf_id_or_null: return true;
        case RetType::integer:
        case RetType::void_:
        case RetType::map_value:
        case RetType::mem_or_btf_id:
        case RetType::btf_id:
        case RetType::btf_id_trusted: return false;
    }
    return false;
}

}  // namespace

std::span<const Kfunc> kfunc_table() { return sorted_kfuncs; }

const Kfunc* kfunc_named(std::string_view name) {
    const auto at = std::ranges::lower_bound(sorted_kfuncs, name, {}, &Kfunc::name);
    return at != sorted_kfuncs.end() && at->name == name ? &*at : nullptr;
}

std::optional<std::uint64_t> failure_of(const Helper& helper) {
    if (gives_null(helper.returns)) return 0;
    const auto found = std::ranges::find(failures, helper.name, &HelperFailure::name);
    if (found == failures.end()) return std::nullopt;
    return failure(found->error).value;
}

}  // namespace bpftwin
