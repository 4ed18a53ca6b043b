#include "vm/address_space.h"

#include <algorithm>
#include <cstring>

#include "vm/kernel_objects.h"
#include "vm/object_fields.h"

namespace bpftwin {
namespace {

constexpr std::uint64_t shared_flag = 8;        // VM_SHARED.
constexpr std::uint64_t grows_down_flag = 256;  // VM_GROWSDOWN, of a stack.

/// Where the name of a dentry is: inside it as far as it is short, as in the kernel.
std::uint64_t place_name(KernelObjects& objects, std::uint64_t dentry, std::string_view name) {
    constexpr std::size_t inside = 32;  // The least DNAME_INLINE_LEN of 64-bit kernels.
    std::uint64_t place = 0;
    if (name.size() < inside) {
        place = objects.address(dentry, "dentry", "d_shortname.string");
        if (place == 0) place = objects.address(dentry, "dentry", "d_iname");  // Older kernels.
    }
    if (place == 0) place = objects.memory().allocate(name.size() + 1, "name");
    if (place != 0) std::ranges::copy(name, reinterpret_cast<char*>(place));
    return place;
}

std::uint64_t make_dentry(KernelObjects& objects, std::string_view name, std::uint64_t parent) {
    const std::uint64_t dentry = objects.make("dentry");
    if (dentry == 0) return 0;
    ObjectFields fields(objects, dentry, "dentry");
    fields.set("d_parent", parent != 0 ? parent : dentry);
    fields.set("d_name.len", name.size());
    fields.set("d_name.name", place_name(objects, dentry, name));
    return dentry;
}

/// The last of the dentries from the root on that a path leads through.
std::uint64_t dentry_of(KernelObjects& objects, std::string_view path) {
    std::uint64_t dentry = make_dentry(objects, "/", 0);
    for (std::size_t at = path.find_first_not_of('/'); at != std::string_view::npos;) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        dentry = make_dentry(objects, path.substr(at, end - at), dentry);
        at = path.find_first_not_of('/', end);
    }
    return dentry;
}

}  // namespace

AddressSpace::AddressSpace(KernelObjects& objects, std::span<const MemoryArea> areas)
    : address_(objects.make("mm_struct")) {
    ObjectFields fields(objects, address_, "mm_struct");
    fields.set("map_count", areas.size());
    for (const MemoryArea& area : areas) {
        areas_.push_back({area.start, area.end, make_area(objects, area)});
        const std::uint64_t first_word = area.end - sizeof(std::uint64_t);
        if ((area.flags & grows_down_flag) != 0) fields.set("start_stack", first_word);
    }
}

std::uint64_t AddressSpace::area_at(std::uint64_t address) const {
    const auto found = std::ranges::find_if(
        areas_, [&](const Area& area) { return area.start <= address && address < area.end; });
    return found == areas_.end() ? 0 : found->object;
}

AddressSpace::Listed AddressSpace::next_area(std::uint64_t address) const {
    const auto found = std::ranges::find_if(areas_, [&](const Area& a) { return a.end > address; });
    return found == areas_.end() ? Listed() : Listed{found->object, found->end};
}

std::uint64_t AddressSpace::make_area(KernelObjects& objects, const MemoryArea& area) {
    const std::uint64_t object = objects.make("vm_area_struct");
    if (object == 0) return 0;
    ObjectFields fields(objects, object, "vm_area_struct");
    fields.set("vm_start", area.start);
    fields.set("vm_end", area.end);
    fields.set("vm_mm", address_);
    fields.set("vm_flags", area.flags);
    // Private memory without a file is numbered by its address (vma_set_anonymous and mmap).
    const bool is_private = area.file.empty() && (area.flags & shared_flag) == 0;
    fields.set("vm_pgoff", (is_private ? area.start : area.offset) / MemoryArea::page_size);
    if (!area.file.empty()) fields.set("vm_file", file(objects, area));
    return object;
}

std::uint64_t AddressSpace::file(KernelObjects& objects, const MemoryArea& area) {
    std::uint64_t& file = files_[area.file];
    if (file != 0) return file;
    file = objects.make("file");
    if (file == 0) return 0;
    ObjectFields fields(objects, file, "file");
    fields.set("f_path.dentry", dentry_of(objects, area.file));
    fields.set("f_inode.i_ino", area.inode);
    const std::uint64_t inode = objects.number(file, "file", "f_inode");
    fields.set("f_path.dentry.d_inode", inode);
    return file;
}

}  // namespace bpftwin
