#include "jit/perf_map.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "fmt/format.h"

namespace bpftwin::jit {
namespace {

/// An open file.
class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

std::unexpected<Error> failure(const std::string& path, int error) {
    return fail(fmt::format("perf map {}: {}", path, std::generic_category().message(error)),
                error);
}

}  // namespace

Result<void> append_to_perf_map(std::span<const CodeName> names) {
    const std::string path = fmt::format("/tmp/perf-{}.map", getpid());
    // Anyone may put anything of that name into the folder: no links, no pipes, no files of others.
    constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    constexpr mode_t owner_only = 0600;
    const File file(open(path.c_str(), flags, owner_only));
    struct stat status{};
    if (file.descriptor() < 0 || fstat(file.descriptor(), &status) != 0)
        return failure(path, errno);
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid()) return failure(path, EPERM);
    std::string lines;
    for (const CodeName& one : names)
        lines += fmt::format("{:x} {:x} {}\n", one.address, one.size, one.name);
    // One write: lines of several threads do not mix.
    const ssize_t written = write(file.descriptor(), lines.data(), lines.size());
    if (written != static_cast<ssize_t>(lines.size()))
        return failure(path, written < 0 ? errno : ENOSPC);
    return {};
}

}  // namespace bpftwin::jit
