#include "kernel-backend/trace.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace bpftwin::kernel {
namespace {

constexpr std::string_view marker = "bpf_trace_printk: ";

/// The number that `text` ends with.
template <class Number>
std::optional<Number> last_number(std::string_view text, std::string_view before) {
    const auto begin = text.find_last_of(before);
    if (begin == std::string_view::npos) return std::nullopt;
    const char* first = text.data() + begin + 1;
    Number number{};
    const auto [stop, error] = std::from_chars(first, text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    return number;
}

/// Any event: "bpftwin-1234    [001] b..21   567.890123: bpf_trace_printk: text".
std::optional<TraceLine> any_event(std::string_view line) {
    const auto cpu = line.find(" [");
    const auto end = line.find(": ", std::min(cpu, line.size()));
    if (end == std::string_view::npos) return std::nullopt;
    const auto seconds = last_number<double>(line.substr(0, end), " ");
    const auto pid = last_number<int>(line.substr(0, cpu), "-");
    if (!seconds || !pid) return std::nullopt;
    return TraceLine{*pid, *seconds, line.substr(end + 2)};
}

/// An event, a comment or lost events; what else there is goes on with the text before.
bool is_of_the_kernel(std::string_view line) {
    return line.starts_with('#') || line.starts_with("CPU:") || any_event(line);
}

/// A tracefs of this process's own, which nobody else sees.
int mount_privately() {
    const int context = fsopen("tracefs", FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    int folder = -1;
    if (fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0)
        folder = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
    const int error = errno;
    close(context);
    errno = error;
    return folder;
}

Result<std::string> read_all(int folder, const char* name) {
    const int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return fail(std::string("tracefs: ") + std::strerror(errno), errno);
    std::string text;
    std::array<char, 65536> piece;
    ssize_t count = 0;
    while ((count = ::read(file, piece.data(), piece.size())) > 0)
        text.append(piece.data(), static_cast<std::size_t>(count));
    close(file);
    return text;
}

}  // namespace

std::optional<TraceLine> trace_line(std::string_view line) {
    auto event = any_event(line);
    if (!event || !event->text.starts_with(marker)) return std::nullopt;
    event->text.remove_prefix(marker.size());
    return event;
}

std::vector<TraceLine> trace_lines(std::string_view trace) {
    std::vector<TraceLine> lines;
    bool goes_on = false;
    for (std::size_t begin = 0; begin < trace.size();) {
        const auto end = std::min(trace.find('\n', begin), trace.size());
        const std::string_view line = trace.substr(begin, end - begin);
        begin = end + 1;
        if (const auto started = trace_line(line)) {
            lines.push_back(*started);
            goes_on = true;
        } else if (goes_on &= !is_of_the_kernel(line)) {
            std::string_view& text = lines.back().text;
            text = {text.data(), line.data() + line.size()};
        }
    }
    return lines;
}

Trace::~Trace() {
    if (folder_ >= 0) close(folder_);
}

Result<int> Trace::folder() {
    if (folder_ < 0) folder_ = mount_privately();
    if (folder_ < 0) folder_ = open("/sys/kernel/tracing", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder_ < 0) return fail(std::string("tracefs: ") + std::strerror(errno), errno);
    return folder_;
}

Result<std::vector<std::string>> Trace::take() {
    const auto folder = this->folder();
    if (!folder) return std::unexpected(folder.error());
    const auto text = read_all(*folder, "trace");
    if (!text) return std::unexpected(text.error());
    std::vector<std::string> lines;
    const int thread = gettid();
    double& last = last_[thread];
    const double before = last;
    for (const TraceLine& line : trace_lines(*text)) {
        if (line.pid != thread || line.seconds <= before) continue;
        last = line.seconds;
        lines.emplace_back(line.text);
    }
    return lines;
}

}  // namespace bpftwin::kernel
