// The kernel that an object is made ready for: what programs want to know of a kernel is resolved
// against its types. Any kernel's, also of another release or machine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bpftwin/spec.h"

namespace bpftwin {

/// A kernel as objects see it. What is not known of it stays empty.
struct Target {
    /// Types of a module, which continue those of the kernel.
    struct Module {
        std::string name;
        std::shared_ptr<const Btf> types;
    };

    std::string name;                  ///< For messages: "6.18.5", "vmlinux-6.1".
    std::shared_ptr<const Btf> types;  ///< Null: unknown.
    std::vector<Module> modules;
};

}  // namespace bpftwin
