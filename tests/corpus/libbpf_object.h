// Objects as libbpf opens them, and what it complains of.
#pragma once

#include <bpf/libbpf.h>

#include <memory>
#include <set>
#include <string>

#include "bpftwin/error.h"

namespace bpftwin::test {

struct CloseObject {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using LibbpfObject = std::unique_ptr<bpf_object, CloseObject>;

/// libbpf's reading of a file: nothing of it is in the kernel yet.
/// @param btf the file with types for CO-RE; empty: the running kernel's.
/// @return an Error that ends with libbpf's own words.
Result<LibbpfObject> open_by_libbpf(const std::string& path, const std::string& btf = {});

/// The same of an object in memory. @param name of the object.
Result<LibbpfObject> open_by_libbpf(ByteView image, const std::string& name);

/// "what: libbpf's first warning since it opened an object", or the errno's text where it gave
/// none.
Error libbpf_error(std::string_view what, int error);

/// Whether what stopped a load came after the verifier had accepted all programs: libbpf fills
/// arrays of programs last, and fails where it was told not to load those.
bool accepted_before_error();

/// What a test exits with that was skipped, after a line that says why.
inline constexpr int skipped = 77;

/// The objects that a command's arguments name: files, and *.o in folders and their folders.
/// @return an Error for a path that is not there.
Result<std::set<std::string>> objects_named(int count, char** paths);

}  // namespace bpftwin::test
