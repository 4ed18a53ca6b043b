// What a function of the program takes, by its BTF (kernel/bpf/btf.c, btf_prepare_func_args).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "bpftwin/spec.h"

namespace bpftwin::verifier {

enum class ArgumentKind : std::uint8_t {
    scalar,
    context,
    memory,
    arena,
    dynptr,
    object,
    untrusted
};

struct FunctionArgument {
    ArgumentKind kind = ArgumentKind::scalar;
    bool or_null = false;
    std::uint32_t size = 0;  ///< memory: bytes; object, untrusted: the kernel's struct, 0: memory.
};

struct FunctionArguments {
    std::array<FunctionArgument, 5> list;
    std::uint32_t count = 0;
    int error = 0;            ///< errno where there is no such list; 0: there is.
    std::string reason;       ///< Why, where the kernel says it.
    std::string unsupported;  ///< A kind of argument that is not known yet.
};

/// Whether programs of that type have the struct as context, or one that stands for it
/// (btf_is_prog_ctx_type).
bool is_context_name(ProgType type, std::string_view name);

/// The struct of the kernel that the context of such programs stands for; empty: none.
std::string_view kernel_context_name(ProgType type);

/// @param kernel null: arguments that are objects of the kernel are unsupported.
/// @param type the function's FUNC, 0: it has none.
FunctionArguments find_arguments(const ObjectSpec& object, const ProgramSpec& program,
                                 const Btf* kernel, std::uint32_t type, bool is_global);

}  // namespace bpftwin::verifier
