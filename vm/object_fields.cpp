#include "vm/object_fields.h"

#include <algorithm>

#include "fmt/format.h"
#include "vm/kernel_objects.h"

namespace bpftwin {

void ObjectFields::assign(std::string_view path, std::string_view text) {
    if (object_ != 0) static_cast<void>(objects_.assign(object_, struct_name_, path, text));
}

void ObjectFields::set(std::string_view path, std::uint64_t value) {
    assign(path, fmt::format("{:#x}", value));
}

void ObjectFields::set_text(std::string_view path, std::string_view text) {
    assign(path, fmt::format("\"{}\"", text));
}

void ObjectFields::copy(std::string_view path, ByteView bytes) {
    const std::uint64_t place = objects_.address(object_, struct_name_, path);
    if (place != 0) std::ranges::copy(bytes, reinterpret_cast<std::byte*>(place));
}

}  // namespace bpftwin
