// Fields of contexts that no header lays out: tracepoints', and what syscall programs and the like
// are given. Their names come from a tracepoint's format file, the struct that the program takes,
// or the kernel's types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/run.h"
#include "bpftwin/spec.h"

namespace bpftwin {

/// A field of a tracepoint's record. One whose bytes are at the record's end (`__data_loc`) has
/// their place and length in 4 bytes.
struct RecordField {
    std::string name;
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    bool is_array = false;
    bool is_data_loc = false;
};

/// The fields of a file /sys/kernel/tracing/events/*/*/format.
/// @return an Error that quotes a line which is none of a format's.
Result<std::vector<RecordField>> parse_format(std::string_view text);

/// The fields of the struct that the program takes, or that the kernel's types have for its
/// tracepoint; none where neither says.
std::vector<RecordField> record_fields(const ProgramSpec& program, const Btf* object,
                                       const Btf* kernel);

/// Gives fields the names that `Context` knows ("u32[8]"). Text for an array or a `__data_loc`
/// field becomes its bytes. Does nothing for program types whose context is a struct of the
/// headers.
/// @return an Error for a name that is neither one of `record` nor of that form.
Result<void> resolve_fields(std::vector<ContextField>& fields, ProgType type,
                            const std::vector<RecordField>& record);

}  // namespace bpftwin
