// The kernel's objects as a program finds them: synthetic structs in the layout of a kernel's
// types, zero but for the fields that the world sets by path.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "bpftwin/run.h"
#include "btf/btf.h"
#include "vm/address_space.h"
#include "vm/hook.h"
#include "vm/object_memory.h"
#include "vm/object_path.h"

namespace bpftwin {

/// The objects of one run. Each is made when it is first asked for.
class KernelObjects {
public:
    /// @param types null: layouts are not known; then objects have no fields to be set, and are
    /// zeros throughout.
    KernelObjects(std::shared_ptr<const Btf> types, const Task& task)
        : types_(std::move(types)), task_(task) {}

    [[nodiscard]] const Btf* types() const { return types_.get(); }
    [[nodiscard]] ObjectMemory& memory() { return memory_; }

    /// What `args` means in paths: the context of the run and what is where in it.
    void know_hook(std::vector<HookArgument> arguments, std::span<std::byte> context);
    /// Sets a field by its path, creating what the path leads through.
    /// @return an Error that names the path and what is wrong with it.
    Result<void> set(const ObjectField& field);
    /// Gives every argument that is a pointer to a struct, and that nobody set, an object.
    /// @param given offsets in the context of what the user said.
    void complete_arguments(const std::set<std::uint32_t>& given);
    /// Offsets in the context of the arguments that are not the user's numbers, but of here.
    [[nodiscard]] std::vector<std::uint32_t> placed_offsets() const {
        return {placed_.begin(), placed_.end()};
    }

    /// Address of the running task.
    std::uint64_t current_task();
    /// Address of the task with that thread id, the running one or one that the world describes; 0:
    /// there is none.
    std::uint64_t task_of(std::uint32_t pid);
    /// Address of the running task's registers in user space.
    std::uint64_t registers();
    /// Words of the context that hold arguments; 0: not known.
    [[nodiscard]] std::uint32_t argument_words() const { return argument_words_; }
    /// Address of the cgroup of that id, one of the running task's; 0: it is not in it.
    std::uint64_t cgroup(std::uint64_t id);
    /// Address of the `struct vm_area_struct` of a task that an address in user space lies in; 0:
    /// there is none.
    std::uint64_t area_of(std::uint64_t task, std::uint64_t address);
    /// The running task as its object says, where that exists.
    [[nodiscard]] Task task();

    /// A variable that each CPU has, made of zeros when it is first asked for. @param type the id
    /// of its BTF_KIND_VAR. @return the CPU's address of it, 0 where there is none or no room.
    std::uint64_t variable(std::uint32_t type, std::uint32_t cpu);
    /// An object of a struct of the kernel. @return its address, 0 where the types have none of
    /// that name or there is no room.
    std::uint64_t make(std::string_view struct_name);
    /// The number at a path from an object ("cred.uid.val"); pointers are followed, null ones to 0.
    [[nodiscard]] std::uint64_t number(std::uint64_t object, std::string_view struct_name,
                                       std::string_view path);
    /// Address of what is at a path from an object; 0 where a pointer on the way is null.
    [[nodiscard]] std::uint64_t address(std::uint64_t object, std::string_view struct_name,
                                        std::string_view path);
    /// Sets a field of an object: what `set` does for its path.
    Result<void> assign(std::uint64_t object, std::string_view struct_name, std::string_view path,
                        std::string_view text);

private:
    /// A value in memory.
    struct Place {
        std::uint32_t type = 0;
        std::uint64_t address = 0;
        std::uint32_t holder = 0;  ///< Of a bit field: the struct that it is in, and where.
        std::uint64_t holder_address = 0;
        std::string_view bit_field = {};
        std::uint64_t elements = 1;  ///< Behind a pointer: how many a new array gets.
    };

    /// The place at a path from an object; without address where there is none.
    Place find(std::uint64_t object, std::string_view struct_name, std::string_view path);
    Result<Place> root_of(const ObjectPath& path, std::size_t& used);
    Result<Place> argument(std::string_view name);
    Result<Place> walk(Place place, std::span<const PathStep> steps, bool create);
    Result<Place> step(Place place, const PathStep& step, bool create);
    Result<Place> member(Place place, std::string_view name, bool create);
    Result<Place> element(Place place, std::uint64_t index, bool create);
    Result<Place> cast(Place place, std::string_view name, bool create);
    /// What a pointer points to, made where it is null.
    Result<Place> pointee(Place place, std::uint32_t type, std::uint64_t elements, bool create);
    Result<void> store(const Place& place, std::string_view text);
    Result<void> store_pointer(const Place& place, const BtfType& pointer, std::string_view text);
    Result<std::uint64_t> allocate(std::uint64_t bytes, std::string name);
    Result<std::uint64_t> bytes_of(std::string_view text);
    std::uint64_t make_task(std::uint32_t pid);
    void describe_task(std::uint64_t task, const Task& as);
    AddressSpace& address_space();

    std::shared_ptr<const Btf> types_;
    Task task_;
    ObjectMemory memory_;
    std::vector<HookArgument> arguments_;
    std::span<std::byte> context_;
    std::set<std::uint32_t> placed_;  ///< Offsets of arguments that were set here.
    std::uint32_t argument_words_ = 0;
    std::uint64_t current_ = 0;
    std::uint64_t registers_ = 0;
    std::optional<AddressSpace> address_space_;
    std::map<std::uint32_t, std::uint64_t> tasks_;
    std::map<std::uint64_t, std::uint64_t> cgroups_;                              ///< By id.
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> variables_;  ///< By type, CPU.
};

}  // namespace bpftwin
