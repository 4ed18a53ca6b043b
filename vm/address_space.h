// The memory of the running task in user space, as the kernel describes it: struct mm_struct with
// its struct vm_area_struct (include/linux/mm_types.h), and the files that are mapped.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "bpftwin/run.h"

namespace bpftwin {

class KernelObjects;

class AddressSpace {
public:
    /// Makes the objects. Where the kernel's types have none of them, addresses are 0.
    AddressSpace(KernelObjects& objects, std::span<const MemoryArea> areas);

    /// Of the struct mm_struct.
    [[nodiscard]] std::uint64_t address() const { return address_; }
    /// Address of the struct vm_area_struct that an address lies in; 0: there is none.
    [[nodiscard]] std::uint64_t area_at(std::uint64_t address) const;
    /// One such struct.
    struct Listed {
        std::uint64_t object = 0;
        std::uint64_t end = 0;
    };
    /// The first area that is not wholly below an address; object 0: there is none.
    [[nodiscard]] Listed next_area(std::uint64_t address) const;

private:
    /// A struct vm_area_struct.
    struct Area {
        std::uint64_t start, end;
        std::uint64_t object;
    };

    std::uint64_t make_area(KernelObjects& objects, const MemoryArea& area);
    /// The struct file of a mapped file: areas of one share it.
    std::uint64_t file(KernelObjects& objects, const MemoryArea& area);

    std::uint64_t address_ = 0;
    std::vector<Area> areas_;
    std::map<std::string, std::uint64_t> files_;  ///< By path.
};

}  // namespace bpftwin
