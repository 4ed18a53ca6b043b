// Which helpers a program may call (`get_func_proto` of its type, and the first half of
// check_helper_call in kernel/bpf/verifier.c).
#pragma once

#include <string_view>

#include "bpftwin/spec.h"
#include "helpers/prototype.h"
#include "verifier/rejection.h"

namespace bpftwin::verifier {

/// What the kernel asks of the caller besides its program type, expected attach type and target.
struct Caller {
    bool gpl_compatible;
    bool sleepable;  ///< Here (in_sleepable): so is a callback that runs in a work queue.
};

/// An Error of the kernel's words where the program may not call the helper. Of a kernel with all
/// that its configuration and lockdown can take away (override_return, probe_write_user).
Checked<void> check_helper_allowed(const ProgramSpec& program, const Helper& helper,
                                   const Caller& caller);

/// Whether programs of that LSM hook ("file_open") may sleep (bpf_lsm_is_sleepable_hook).
bool is_sleepable_hook(std::string_view hook);
/// Hooks that no program may be at (bpf_lsm_disabled_hooks), and those whose objects are just being
/// made or unmade (untrusted_lsm_hooks).
bool is_disabled_hook(std::string_view hook);
bool is_untrusted_hook(std::string_view hook);

}  // namespace bpftwin::verifier
