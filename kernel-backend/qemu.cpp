#include "kernel-backend/qemu.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace bpftwin::kernel {
namespace {

// Guests are of the host's architecture, so that programs can be compared and KVM can run them.
#if defined(__x86_64__)
constexpr const char* command = "qemu-system-x86_64";
constexpr const char* advice = "qemu-system-x86_64 is missing: apt-get install qemu-system-x86";
constexpr const char* machine = "q35";
constexpr const char* console = "ttyS0";
#elif defined(__aarch64__)
constexpr const char* command = "qemu-system-aarch64";
constexpr const char* advice = "qemu-system-aarch64 is missing: apt-get install qemu-system-arm";
constexpr const char* machine = "virt,gic-version=max";
constexpr const char* console = "ttyAMA0";
#endif

/// A file descriptor that closes itself.
class File {
public:
    explicit File(int number) : number_(number) {}
    File(File&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    File& operator=(File&&) = delete;
    ~File() {
        if (number_ >= 0) close(number_);
    }
    [[nodiscard]] int number() const { return number_; }
    int take() { return std::exchange(number_, -1); }

private:
    int number_;
};

std::unexpected<Error> fail_by_errno(const char* what) {
    return fail(std::string(what) + ": " + std::strerror(errno), errno);
}

/// A file without a name, which is gone with its last descriptor.
Result<File> memory_file(const char* name, ByteView content) {
    File file(memfd_create(name, MFD_CLOEXEC));
    if (file.number() < 0) return fail_by_errno("memfd_create");
    while (!content.empty()) {
        const ssize_t count = write(file.number(), content.data(), content.size());
        if (count < 0) return fail_by_errno("memory for the initramfs");
        content = content.subspan(static_cast<std::size_t>(count));
    }
    return file;
}

/// A panic ends the machine (`panic=-1` with `-no-reboot`).
std::string kernel_command_line() {
    return std::string("console=") + console + " quiet panic=-1 random.trust_cpu=on";
}

/// What the child has that QEMU shall have.
struct Inheritance {
    int log;
    int initramfs;
    int port;
};

std::vector<std::string> arguments(const std::string& image, Accelerator accelerator,
                                   const Inheritance& inheritance) {
    return {command,       "-no-user-config",
            "-nodefaults", "-no-reboot",
            "-display",    "none",
            "-machine",    machine,
            "-accel",      accelerator == Accelerator::kvm ? "kvm" : "tcg",
            "-cpu",        "max",
            "-m",          "512M",
            "-kernel",     image,
            "-initrd",     "/proc/self/fd/" + std::to_string(inheritance.initramfs),
            "-append",     kernel_command_line(),
            "-serial",     "stdio",
            "-chardev",    "socket,id=host,fd=" + std::to_string(inheritance.port),
            "-device",     "virtio-serial-pci",
            "-device",     "virtserialport,chardev=host"};
}

/// In the child, where only system calls are safe. Nobody's Ctrl-C is meant for the machine.
[[noreturn]] void become(const std::string& path, char* const* arguments,
                         const Inheritance& inheritance, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // It died before it could be watched.
    setpgid(0, 0);
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    dup2(inheritance.log, STDOUT_FILENO);
    dup2(inheritance.log, STDERR_FILENO);
    for (const int file : {inheritance.initramfs, inheritance.port}) fcntl(file, F_SETFD, 0);
    execv(path.c_str(), arguments);
    _exit(127);
}

Result<pid_t> spawn(const std::string& path, std::vector<std::string> arguments,
                    const Inheritance& inheritance) {
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) return fail_by_errno("fork");
    if (child == 0) become(path, pointers.data(), inheritance, parent);
    return child;
}

std::string content_of(int file) {
    std::string text;
    std::array<char, 4096> piece;
    ssize_t count = 0;
    while ((count = pread(file, piece.data(), piece.size(), static_cast<off_t>(text.size()))) > 0)
        text.append(piece.data(), static_cast<std::size_t>(count));
    return text;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines(1);
    for (const char c : text) {
        if (c == '\n' && !lines.back().empty())
            lines.emplace_back();
        else if (c >= ' ' && c <= '~')
            lines.back() += c;
    }
    if (lines.back().empty()) lines.pop_back();
    return lines;
}

bool tells_of_an_end(const std::string& line) {
    return line.contains("Kernel panic") || line.contains("BUG:") || line.contains("Oops");
}

}  // namespace

// KVM on a processor that shows no virtualization is an emulation, which boots no kernel in time.
bool has_kvm() {
    if (access("/dev/kvm", R_OK | W_OK) != 0) return false;
#if defined(__x86_64__)
    std::ifstream in("/proc/cpuinfo");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return text.contains(" vmx ") || text.contains(" svm ");
#else
    return true;
#endif
}

std::string find_command(const std::string& name) {
    const char* path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const auto end = std::min(rest.find(':'), rest.size());
        std::string file = std::string(rest.substr(0, end)) + "/" + name;
        if (access(file.c_str(), X_OK) == 0) return file;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {};
}

std::string last_words_of(const std::string& log) {
    constexpr std::ptrdiff_t most_lines = 4;
    const std::vector<std::string> lines = lines_of(log);
    auto begin = std::ranges::find_if(lines, tells_of_an_end);
    if (begin == lines.end()) begin -= std::min(most_lines, std::ssize(lines));
    std::string text;
    for (auto line = begin; line != lines.end() && line - begin < most_lines; ++line)
        text += (text.empty() ? "" : " | ") + *line;
    return text.empty() ? "(nothing)" : text;
}

Qemu::Qemu(pid_t process, Channel port, int log)
    : process_(process), port_(std::move(port)), log_(log) {}

Qemu::~Qemu() {
    kill();
    close(log_);
}

Result<std::unique_ptr<Qemu>> Qemu::start(const std::string& image, ByteView initramfs,
                                          Accelerator accelerator) {
    const std::string path = find_command(command);
    if (path.empty()) return fail(advice, ENOENT);
    auto archive = memory_file("initramfs", initramfs);
    if (!archive) return std::unexpected(archive.error());
    auto log = memory_file("console", {});
    if (!log) return std::unexpected(log.error());
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_by_errno("socketpair");
    Channel port(ends[0]);
    const File other_end(ends[1]);
    const Inheritance inheritance{log->number(), archive->number(), other_end.number()};
    const auto process = spawn(path, arguments(image, accelerator, inheritance), inheritance);
    if (!process) return std::unexpected(process.error());
    return std::unique_ptr<Qemu>(new Qemu(*process, std::move(port), log->take()));
}

void Qemu::kill() {
    if (process_ < 0) return;
    ::kill(process_, SIGKILL);
    while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
}

std::string Qemu::last_words() const { return last_words_of(content_of(log_)); }

}  // namespace bpftwin::kernel
