#include "vm/world.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>

namespace bpftwin {
namespace {

constexpr std::uint64_t ns_per_s = 1'000'000'000;

std::string thread_name() {
    std::array<char, 17> name{};  // TASK_COMM_LEN and a terminator whatever happens.
    prctl(PR_GET_NAME, name.data(), 0, 0, 0);
    return name.data();
}

std::uint64_t system_seed() {
    std::uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == sizeof seed) return seed;
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t inode_of(const std::string& path) {
    struct stat status{};
    return stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

/// The path of this process in the unified hierarchy ("/user.slice").
std::string own_cgroup() {
    constexpr std::string_view prefix = "0::";
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(prefix)) return line.substr(prefix.size());
    return "/";
}

/// A cgroup's id is the inode of its directory.
std::vector<std::uint64_t> own_cgroups() {
    const std::string root = "/sys/fs/cgroup", path = own_cgroup();
    std::vector<std::uint64_t> ids{std::max<std::uint64_t>(1, inode_of(root))};
    for (std::size_t at = path.find_first_not_of('/'); at != std::string::npos;) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        if (const std::uint64_t id = inode_of(root + path.substr(0, end)); id != 0)
            ids.push_back(id);
        at = path.find_first_not_of('/', end);
    }
    return ids;
}

}  // namespace

std::span<const std::uint64_t> cgroups_of(const Task& task) {
    if (!task.cgroups.empty()) return task.cgroups;
    static const std::vector<std::uint64_t> own = own_cgroups();  // It reads files.
    return own;
}

NamespaceId pid_namespace_of(const Task& task) {
    if (task.pid_ns_ino != 0) return {task.pid_ns_dev, task.pid_ns_ino};
    struct stat status{};
    if (stat("/proc/self/ns/pid", &status) != 0) return {};
    return {status.st_dev, status.st_ino};
}

World World::real() {
    World world;
    world.cpu = static_cast<std::uint32_t>(std::max(sched_getcpu(), 0));
    world.task = {.pid = static_cast<std::uint32_t>(gettid()),
                  .tgid = static_cast<std::uint32_t>(getpid()),
                  .uid = getuid(),
                  .gid = getgid(),
                  .comm = thread_name()};
    return world;
}

World World::fixed() {
    return {.ktime_ns = ns_per_s,
            .ktime_step_ns = 1000,
            .cpu = 0,
            .task = {.pid = 1000,
                     .tgid = 1000,
                     .uid = 1000,
                     .gid = 1000,
                     .comm = "bpftwin",
                     .kernel_stack = {0xffff'ffff'8100'1000, 0xffff'ffff'8100'2000},
                     .user_stack = {0x40'1000, 0x40'2000},
                     .cgroups = {1, 1000}},
            .random_seed = 1};
}

LiveWorld::LiveWorld(const World& world)
    : world_(world), random_state_(world.random_seed ? *world.random_seed : system_seed()) {}

std::uint64_t LiveWorld::now_ns(int clock) const {
    if (world_.ktime_ns) return *world_.ktime_ns;
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * ns_per_s +
           static_cast<std::uint64_t>(now.tv_nsec) + passed_ns_;
}

std::uint64_t LiveWorld::time_of(int clock) {
    const std::uint64_t now = now_ns(clock);
    if (world_.ktime_ns) *world_.ktime_ns += world_.ktime_step_ns;
    return now;
}

void LiveWorld::advance_to(std::uint64_t ns_since_boot) {
    const std::uint64_t now = now_ns();
    if (ns_since_boot <= now) return;
    if (world_.ktime_ns)
        world_.ktime_ns = ns_since_boot;
    else
        passed_ns_ += ns_since_boot - now;
}

std::uint64_t LiveWorld::ktime_ns() { return time_of(CLOCK_MONOTONIC); }
std::uint64_t LiveWorld::ktime_boot_ns() { return time_of(CLOCK_BOOTTIME); }
std::uint64_t LiveWorld::ktime_tai_ns() { return time_of(CLOCK_TAI); }

// SplitMix64 (Steele, Lea, Flood 2014): full period from every seed, neighbouring seeds unrelated.
std::uint32_t LiveWorld::random_u32() {
    std::uint64_t z = random_state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return static_cast<std::uint32_t>((z ^ (z >> 31)) >> 32);
}

}  // namespace bpftwin
