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
#include "vm/cgroup_tree.h"
#include "vm/hook.h"
#include "vm/object_memory.h"
#include "vm/object_path.h"

namespace bpftwin {

class ConnectionTable;

/// A task as the kernel lists it.
struct ListedTask {
    std::uint64_t address = 0;
    std::uint32_t pid = 0;
    std::uint32_t tgid = 0;

    [[nodiscard]] bool leads() const { return pid == tgid; }
};

/// The objects of one run. Each is made when it is first asked for.
class KernelObjects {
public:
    /// @param types null: layouts are not known; then objects have no fields to be set, and are
    /// zeros throughout.
    KernelObjects(std::shared_ptr<const Btf> types, const Task& task, CgroupTree tree)
        : types_(std::move(types)), task_(task), tree_(std::move(tree)) {}

    [[nodiscard]] const Btf* types() const { return types_.get(); }
    [[nodiscard]] const CgroupTree& tree() const { return tree_; }
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
    /// Every task there is, processes by number, the first thread of each before its others: the
    /// running one, those that the world describes, what leads their processes, and the idle task,
    /// from which a kernel's list begins.
    const std::vector<ListedTask>& tasks();
    /// The cgroup of a task, one of `tree`; nothing where the world has no cgroup of that id.
    [[nodiscard]] std::optional<std::size_t> cgroup_of(std::uint64_t task);
    /// Address of the running task's registers in user space.
    std::uint64_t registers();
    /// Words of the context that hold arguments; 0: not known.
    [[nodiscard]] std::uint32_t argument_words() const { return argument_words_; }
    /// Address of a cgroup of `tree`; 0: there is no room.
    std::uint64_t cgroup(std::size_t cgroup);
    /// Which one of `tree` is at that address, where one was made.
    [[nodiscard]] std::optional<std::size_t> cgroup_at(std::uint64_t address) const;
    /// What a task has in user space; null: nothing.
    AddressSpace* memory_of(std::uint64_t task);
    /// Address of the `struct vm_area_struct` of a task that an address in user space lies in; 0:
    /// there is none.
    std::uint64_t area_of(std::uint64_t task, std::uint64_t address);
    /// The running task as its object says, where that exists.
    [[nodiscard]] Task task();

    /// What conntrack keeps; null until somebody asks for it (helpers/connections.h).
    [[nodiscard]] std::shared_ptr<ConnectionTable>& connections() { return connections_; }

    /// A variable that each CPU has, made of zeros when it is first asked for. @param type the id
    /// of its BTF_KIND_VAR. @return the CPU's address of it, 0 where there is none or no room.
    std::uint64_t variable(std::uint32_t type, std::uint32_t cpu);
    /// An object of a struct of the kernel. @param writable by programs of every type
    /// @return its address, 0 where the types have none of that name or there is no room.
    std::uint64_t make(std::string_view struct_name, bool writable = false);
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
    /// The task of that number, made as `like` where it is not there yet.
    std::uint64_t make_task(std::uint32_t pid, Task like = {});
    void describe_task(std::uint64_t task, const Task& as);
    [[nodiscard]] ListedTask listed(std::uint64_t address, const Task& task);
    [[nodiscard]] std::vector<ListedTask> made_tasks();
    /// Makes the idle task and what leads the processes of tasks that are not led by themselves.
    void make_leaders();
    /// What a kernel's tasks always have: a process and a cgroup.
    void complete_task(const ListedTask& task);
    AddressSpace& address_space();

    std::shared_ptr<const Btf> types_;
    Task task_;
    CgroupTree tree_;
    ObjectMemory memory_;
    std::vector<HookArgument> arguments_;
    std::span<std::byte> context_;
    std::set<std::uint32_t> placed_;  ///< Offsets of arguments that were set here.
    std::uint32_t argument_words_ = 0;
    std::uint64_t current_ = 0;
    std::uint64_t registers_ = 0;
    std::optional<AddressSpace> address_space_;
    std::map<std::uint32_t, std::uint64_t> tasks_;
    std::shared_ptr<ConnectionTable> connections_;
    std::vector<ListedTask> listed_;  ///< Empty: they were not asked for since one changed.
    std::map<std::size_t, std::uint64_t> cgroups_;                                ///< By number.
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> variables_;  ///< By type, CPU.
};

}  // namespace bpftwin
