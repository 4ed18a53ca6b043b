// Tasks and cgroups among the kernel's objects (kernel/fork.c, kernel/cgroup/cgroup.c).
#include <algorithm>
#include <cstring>
#include <tuple>

#include "fmt/format.h"
#include "vm/kernel_objects.h"
#include "vm/world.h"

namespace bpftwin {

std::uint64_t KernelObjects::current_task() {
    if (current_ != 0) return current_;
    current_ = make("task_struct");
    if (current_ != 0) describe_task(current_, task_);
    return current_;
}

std::uint64_t KernelObjects::make_task(std::uint32_t pid, Task like) {
    if (pid == task_.pid) return current_task();
    std::uint64_t& task = tasks_[pid];
    if (task == 0) {
        listed_.clear();
        like.pid = like.tgid = pid;
        task = make("task_struct");
        if (task != 0) describe_task(task, like);
        constexpr std::string_view kernel_thread = "0x200000";  // PF_KTHREAD.
        if (pid == 0 && types_)
            static_cast<void>(assign(task, "task_struct", "flags", kernel_thread));
    }
    return task;
}

std::uint64_t KernelObjects::task_of(std::uint32_t pid) {
    if (pid == 0) return 0;  // The idle task has a number that nobody finds it by.
    const auto found = std::ranges::find(tasks(), pid, &ListedTask::pid);
    return found == tasks().end() ? 0 : found->address;
}

ListedTask KernelObjects::listed(std::uint64_t address, const Task& task) {
    if (!types_) return {address, task.pid, task.tgid};
    const auto value = [&](std::string_view field) {
        return static_cast<std::uint32_t>(number(address, "task_struct", field));
    };
    return {address, value("pid"), value("tgid")};
}

std::vector<ListedTask> KernelObjects::made_tasks() {
    std::vector<ListedTask> list{listed(current_task(), task_)};
    for (const auto& [pid, address] : tasks_)
        list.push_back(listed(address, {.pid = pid, .tgid = pid, .comm = {}}));
    return list;
}

void KernelObjects::make_leaders() {
    make_task(0, {.comm = "swapper/0"});
    const std::vector<ListedTask> before = made_tasks();
    for (const ListedTask& task : before)
        if (std::ranges::find(before, task.tgid, &ListedTask::pid) == before.end())
            make_task(task.tgid, task.address == current_ ? task_ : Task());
}

void KernelObjects::complete_task(const ListedTask& task) {
    if (!types_) return;
    const auto refer = [&](std::string_view path, std::uint64_t object) {
        static_cast<void>(assign(task.address, "task_struct", path, fmt::format("{:#x}", object)));
    };
    const auto leader = std::ranges::find(listed_, task.tgid, &ListedTask::pid);
    if (!task.leads() && leader != listed_.end()) refer("group_leader", leader->address);
    if (number(task.address, "task_struct", "cgroups.dfl_cgrp") == 0)
        refer("cgroups.dfl_cgrp", cgroup(CgroupTree::root));
}

const std::vector<ListedTask>& KernelObjects::tasks() {
    if (!listed_.empty()) return listed_;
    make_leaders();
    listed_ = made_tasks();
    std::erase_if(listed_, [](const ListedTask& task) { return task.address == 0; });
    std::ranges::sort(listed_, {}, [](const ListedTask& task) {
        return std::tuple(task.tgid, !task.leads(), task.pid);
    });
    for (const ListedTask& task : listed_) complete_task(task);
    return listed_;
}

std::uint64_t KernelObjects::registers() {
    if (registers_ == 0) registers_ = make("pt_regs");
    return registers_;
}

AddressSpace& KernelObjects::address_space() {
    if (!address_space_) address_space_.emplace(*this, task_.areas);
    return *address_space_;
}

AddressSpace* KernelObjects::memory_of(std::uint64_t task) {
    if (task_.areas.empty()) return nullptr;
    AddressSpace& space = address_space();
    const bool is_its =
        types_ ? number(task, "task_struct", "mm") == space.address() : task == current_task();
    return is_its ? &space : nullptr;
}

std::uint64_t KernelObjects::area_of(std::uint64_t task, std::uint64_t address) {
    const AddressSpace* space = memory_of(task);
    return space ? space->area_at(address) : 0;
}

std::uint64_t KernelObjects::cgroup(std::size_t cgroup) {
    constexpr std::uint64_t online = 2;  // CSS_ONLINE.
    std::uint64_t& object = cgroups_[cgroup];
    if (object != 0) return object;
    object = make("cgroup");
    if (object == 0 || !types_) return object;
    const auto set = [&](std::string_view path, std::string_view text) {
        static_cast<void>(assign(object, "cgroup", path, text));  // Kernels differ in fields.
    };
    set("level", fmt::to_string(tree_.level(cgroup)));
    set("kn.id", fmt::to_string(tree_.id(cgroup)));
    set("self.cgroup", fmt::format("{:#x}", object));
    set("self.flags", fmt::to_string(online));
    if (const auto parent = tree_.parent(cgroup)) {
        const std::uint64_t above = this->cgroup(*parent);
        set("self.parent", fmt::format("{:#x}", address(above, "cgroup", "self")));
    }
    return object;
}

std::optional<std::size_t> KernelObjects::cgroup_at(std::uint64_t address) const {
    const auto found =
        std::ranges::find(cgroups_, address, [](const auto& it) { return it.second; });
    if (address == 0 || found == cgroups_.end()) return std::nullopt;
    return found->first;
}

std::optional<std::size_t> KernelObjects::cgroup_of(std::uint64_t task) {
    const std::uint64_t group = number(task, "task_struct", "cgroups.dfl_cgrp");
    if (const auto known = cgroup_at(group)) return known;
    if (group != 0) return tree_.find(number(group, "cgroup", "kn.id"));
    return task == current_ ? tree_.find(cgroups_of(task_).back()) : CgroupTree::root;
}

/// What helpers say of a task, its struct says too.
void KernelObjects::describe_task(std::uint64_t task, const Task& as) {
    if (!types_) return;
    const auto set = [&](std::string_view path, std::string_view text) {
        static_cast<void>(assign(task, "task_struct", path, text));  // Kernels differ in fields.
    };
    const auto set_number = [&](std::string_view path, std::uint64_t value) {
        set(path, fmt::to_string(value));
    };
    set_number("pid", as.pid);
    set_number("tgid", as.tgid);
    set_number("cred.uid.val", as.uid);
    set_number("cred.euid.val", as.uid);
    set_number("cred.gid.val", as.gid);
    set_number("cred.egid.val", as.gid);
    set("real_cred", fmt::format("{:#x}", number(task, "task_struct", "cred")));
    if (const std::uint64_t comm = address(task, "task_struct", "comm"); comm != 0)
        std::ranges::copy(std::string_view(as.comm).substr(0, 15), reinterpret_cast<char*>(comm));
    const bool of_running_process = task == current_ || as.pid == task_.tgid;
    if (const auto own = tree_.find(cgroups_of(task_).back()); of_running_process && own)
        set("cgroups.dfl_cgrp", fmt::format("{:#x}", cgroup(*own)));
    if (!as.areas.empty()) {
        const std::string memory = fmt::format("{:#x}", address_space().address());
        set("mm", memory);
        set("active_mm", memory);
    }
    const std::uint64_t leader = as.pid == as.tgid ? task : make_task(as.tgid, as);
    set("group_leader", fmt::format("{:#x}", leader));
}

Task KernelObjects::task() {
    if (current_ == 0 || !types_) return task_;
    const auto value = [&](std::string_view path) {
        return static_cast<std::uint32_t>(number(current_, "task_struct", path));
    };
    Task task = task_;
    task.pid = value("pid");
    task.tgid = value("tgid");
    task.uid = value("cred.uid.val");
    task.gid = value("cred.gid.val");
    if (const std::uint64_t comm = address(current_, "task_struct", "comm"); comm != 0)
        task.comm.assign(reinterpret_cast<const char*>(comm),
                         strnlen(reinterpret_cast<const char*>(comm), 16));
    return task;
}

}  // namespace bpftwin
