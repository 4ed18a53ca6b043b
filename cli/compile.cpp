#include "cli/compile.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <vector>

#include "cli/command.h"
#include "fmt/format.h"

extern char** environ;

namespace bpftwin::cli {
namespace {

using Arguments = std::vector<std::string>;

/// A file descriptor, closed at the end.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

Error system_error(std::string_view what) {
    return {fmt::format("{}: {}", what, std::strerror(errno)), errno};
}

std::string machine() {
    utsname name = {};
    return uname(&name) == 0 ? name.machine : "";
}

/// The name that libbpf's bpf_tracing.h knows the machine by.
std::string target_arch(const std::string& machine) {
    if (machine == "x86_64") return "x86";
    if (machine == "aarch64") return "arm64";
    return machine;
}

std::vector<std::string> words(const char* text) {
    std::istringstream stream(text != nullptr ? text : "");
    std::vector<std::string> result;
    for (std::string word; stream >> word;) result.push_back(word);
    return result;
}

std::vector<std::string> compilers() {
    const char* chosen = std::getenv("BPFTWIN_CLANG");
    if (chosen != nullptr && *chosen != '\0') return {chosen};
    return {"clang-19", "clang", "clang-16", "clang-14"};
}

/// `-g` for BTF, with file names as they were given; `asm/types.h` stands in the multiarch folder,
/// which the BPF target does not search.
Arguments compiler_arguments(const std::string& path) {
    std::string arch = machine();
    Arguments arguments = {"-target",
                           "bpf",
                           "-mcpu=v3",
                           "-O2",
                           "-g",
                           "-ffile-compilation-dir=.",
                           "-D__TARGET_ARCH_" + target_arch(arch),
                           "-idirafter",
                           "/usr/include/" + arch + "-linux-gnu"};
    for (const std::string& flag : words(std::getenv("BPFTWIN_CFLAGS"))) arguments.push_back(flag);
    for (const char* last : {"-c", "-o", "-", "--"}) arguments.emplace_back(last);
    arguments.push_back(path);
    return arguments;
}

/// Exit status of a program that does not exist: POSIX lets posix_spawn say so by a child's status.
constexpr int not_found = 127;

Result<int> exit_status(pid_t pid, const std::string& program) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return std::unexpected(system_error("waitpid"));
    }
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    return fail(fmt::format("{} was ended by signal {}", program, WTERMSIG(status)));
}

/// Runs `program` with standard output going to `output`. @return its exit status.
Result<int> run(const std::string& program, const Arguments& arguments, int output) {
    std::vector<char*> argv = {const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    pid_t pid = 0;
    int error = posix_spawnp(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error == ENOENT) return not_found;
    if (error != 0) return fail(fmt::format("{}: {}", program, std::strerror(error)));
    return exit_status(pid, program);
}

Result<void> compile_to(int output, const std::string& path) {
    Arguments arguments = compiler_arguments(path);
    std::string tried;
    for (const std::string& compiler : compilers()) {
        auto status = run(compiler, arguments, output);
        if (!status) return std::unexpected(status.error());
        if (*status == 0) return {};
        if (*status != not_found)
            return fail(fmt::format("{} failed with status {}", compiler, *status));
        tried += (tried.empty() ? "" : ", ") + compiler;
    }
    return fail(
        fmt::format("no compiler found (tried {}); install clang or set BPFTWIN_CLANG", tried));
}

Result<Bytes> contents_of(int descriptor) {
    off_t size = lseek(descriptor, 0, SEEK_END);
    if (size < 0) return std::unexpected(system_error("lseek"));
    Bytes bytes(static_cast<std::size_t>(size));
    for (std::size_t at = 0; at < bytes.size();) {
        ssize_t got =
            pread(descriptor, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
        if (got <= 0) return std::unexpected(system_error("pread"));
        at += static_cast<std::size_t>(got);
    }
    return bytes;
}

}  // namespace

Result<Bytes> compile_c(const std::string& path) {
    if (access(path.c_str(), R_OK) != 0) return std::unexpected(system_error(path));
    // Memory instead of a temporary file: nothing is left behind, however the process ends.
    Descriptor object(memfd_create("bpftwin-object", MFD_CLOEXEC));
    if (object.number() < 0) return std::unexpected(system_error("memfd_create"));
    auto compiled = compile_to(object.number(), path);
    if (!compiled) return std::unexpected(compiled.error().in(path));
    return contents_of(object.number());
}

}  // namespace bpftwin::cli
