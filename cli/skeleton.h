// Skeletons: an object as a C++ header, for tests that need no file.
#pragma once

#include <string>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/spec.h"

namespace bpftwin::cli {

/// What a skeleton is made of.
struct SkeletonInput {
    std::string source;  ///< The file that the object comes from, for the header's first line.
    std::string name;    ///< Of the class; the object's where empty.
    ByteView image;      ///< The object's bytes.
    /// Types that the header defines besides those of maps and globals: records of ring buffers.
    std::vector<std::string> records;
};

/// The header: a class with the object, its maps, programs and globals by name
/// (bpftwin/skeleton.h), and a namespace with their types.
/// @return an Error for a record that BTF does not describe, or types that are too much.
Result<std::string> skeleton_header(const ObjectSpec& object, const SkeletonInput& input);

}  // namespace bpftwin::cli
