// Fields of one object of the kernel by path. Kernels differ in fields: what one has not is left
// out. So is everything where there was no room for the object.
#pragma once

#include <cstdint>
#include <string_view>

#include "bpftwin/error.h"

namespace bpftwin {

class KernelObjects;

class ObjectFields {
public:
    /// @param struct_name a struct that the object is, or begins with.
    ObjectFields(KernelObjects& objects, std::uint64_t object, std::string_view struct_name)
        : objects_(objects), object_(object), struct_name_(struct_name) {}

    void set(std::string_view path, std::uint64_t value);
    void set_text(std::string_view path, std::string_view text);
    /// Fills the beginning of what is there.
    void copy(std::string_view path, ByteView bytes);

private:
    void assign(std::string_view path, std::string_view text);

    KernelObjects& objects_;
    std::uint64_t object_;
    std::string_view struct_name_;
};

}  // namespace bpftwin
