// /init of the virtual machine: answers the host's requests by asking the kernel it runs on, and
// powers the machine off when the host closes the port.
#include <dirent.h>
#include <fcntl.h>
#include <linux/module.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "kernel-backend/channel.h"
#include "kernel-backend/kernel.h"
#include "kernel-backend/service.h"

namespace {

using namespace bpftwin;
using namespace bpftwin::kernel;

constexpr const char* port = "/dev/vport0p1";  // The first port of the first virtio-serial device.
constexpr const char* modules = "/modules";    // As kernel-backend/initramfs.cpp fills it.
constexpr int pause_ms = 5;
constexpr int longest_wait_ms = 10'000;

void complain(const char* what) {
    std::fprintf(stderr, "bpftwin-agent: %s: %s\n", what, std::strerror(errno));
}

/// The file systems that programs, and what is asked about them, need.
void mount_all() {
    struct Place {
        const char* type;
        const char* path;
    };
    constexpr Place places[] = {{"proc", "/proc"},      {"sysfs", "/sys"},
                                {"devtmpfs", "/dev"},   {"tracefs", "/sys/kernel/tracing"},
                                {"bpf", "/sys/fs/bpf"}, {"cgroup2", "/sys/fs/cgroup"}};
    for (const auto& [type, path] : places)
        if (mount(type, path, type, 0, nullptr) != 0 && errno != EBUSY) complain(path);
}

/// Maps and programs count as locked memory, before Linux 5.11 against this limit.
void lift_limits() {
    constexpr rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    if (setrlimit(RLIMIT_MEMLOCK, &unlimited) != 0) complain("RLIMIT_MEMLOCK");
}

/// bpf_redirect and the like refuse a device that is down.
void bring_up_loopback() {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(socket, SIOCSIFFLAGS, &request) != 0) complain("lo");
    close(socket);
}

bool load_module(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const int flags = path.ends_with(".ko") ? 0 : MODULE_INIT_COMPRESSED_FILE;
    const bool loaded = syscall(SYS_finit_module, file, "", flags) == 0 || errno == EEXIST;
    close(file);
    return loaded;
}

std::vector<std::string> files_in(const char* path) {
    std::vector<std::string> files;
    DIR* folder = opendir(path);
    if (folder == nullptr) return files;
    while (const dirent* entry = readdir(folder))
        if (entry->d_name[0] != '.') files.push_back(std::string(path) + "/" + entry->d_name);
    closedir(folder);
    return files;
}

/// All there are. What needs another one fails until that is there.
void load_modules() {
    std::vector<std::string> left = files_in(modules);
    while (!left.empty())
        if (std::erase_if(left, load_module) == 0) return complain(left.front().c_str());
}

/// The device appears some time after its driver.
int open_port() {
    int file = -1;
    for (int waited = 0; waited < longest_wait_ms; waited += pause_ms) {
        file = open(port, O_RDWR | O_CLOEXEC);
        if (file >= 0) break;
        usleep(pause_ms * 1000);
    }
    return file;
}

/// Until it knows that the host is there, the port looks closed.
void wait_for_host(int file) {
    for (int waited = 0; waited < longest_wait_ms; waited += pause_ms) {
        pollfd state{file, POLLIN, 0};
        if (poll(&state, 1, pause_ms) > 0 && (state.revents & POLLIN) != 0) return;
        if ((state.revents & POLLHUP) != 0) usleep(pause_ms * 1000);
    }
}

void serve_host(int file) {
    const auto kernel = local_kernel_unasked();
    Channel host(file);
    while (auto request = host.receive()) {
        if (!host.send(serve(*kernel, *request))) return;
    }
}

}  // namespace

int main() {
    mount_all();
    lift_limits();
    bring_up_loopback();
    load_modules();
    const int file = open_port();
    if (file < 0) {
        complain(port);
    } else {
        wait_for_host(file);
        serve_host(file);
    }
    sync();
    reboot(RB_POWER_OFF);
}
