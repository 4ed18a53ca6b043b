// Helpers of a kernel, by program type.
#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "fmt/format.h"
#include "isa/builder.h"
#include "kernel-backend/probe.h"
#include "kernel-backend/program_form.h"
#include "kernel-backend/refusal.h"

namespace bpftwin::kernel {
namespace {

/// Whether the verifier says that there is no such helper, or none for such programs
/// (check_helper_call, whose words differ between kernels).
bool denies_helper(std::string_view log) {
    constexpr auto denials = std::to_array<std::string_view>(
        {"invalid func ", "unknown func ", "program of this type cannot use helper "});
    return std::ranges::any_of(denials, [&](auto denial) { return log.contains(denial); });
}

/// Whether the verifier came to look at the call.
bool reached_call(std::string_view log) { return log.contains("(85) call "); }

/// A refusal that is not about the helper: programs of this form cannot be loaded.
Result<bool> without_form(const Reply& reply) {
    if (reply.log.empty()) return absent(*reply.refusal);
    std::string line = reply.log.substr(0, reply.log.find('\n'));
    return fail(fmt::format("the kernel refuses all such programs: {}", line), reply.refusal->code);
}

Result<bool> has_helper(Kernel& kernel, const ProgramForm& form, const Helper& helper) {
    using namespace build;
    const auto target = target_of(kernel, form);
    if (!target && target.error().code == ESRCH) return false;
    if (!target) return std::unexpected(target.error());
    const auto caller =
        build::program({call(static_cast<std::int32_t>(helper.id)), mov(r0, 0), build::exit()});
    const Reply reply = submit(kernel, form, *target, caller);
    if (denies_helper(reply.log)) return false;
    if (!reply.refusal || reached_call(reply.log)) return true;
    return without_form(reply);
}

}  // namespace

Result<bool> has_helper(Kernel& kernel, ProgType type, const Helper& helper) {
    if (type == ProgType::ext)
        return fail("programs of type ext may call what the program may that they change");
    Result<bool> answer = false;
    for (const ProgramForm& form : forms_of(type)) {
        auto here = has_helper(kernel, form, helper);
        if (here && *here) return true;
        if (!here) answer = std::move(here);
    }
    return answer;
}

}  // namespace bpftwin::kernel
