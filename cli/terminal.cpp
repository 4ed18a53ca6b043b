#include "cli/terminal.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "cli/command.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

// A signal handler can only reach process-wide state.
volatile std::sig_atomic_t guarded = 0;
volatile std::sig_atomic_t interrupts = 0;

void on_interrupt(int) {
    interrupts = interrupts + 1;
    if (guarded == 0 || interrupts > 1) _exit(exit_interrupted);
}

bool has_colour() {
    const char* no_color = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    bool wanted = no_color == nullptr || *no_color == '\0';
    return wanted && isatty(STDOUT_FILENO) != 0 && term != nullptr &&
           std::string_view(term) != "dumb";
}

}  // namespace

std::string Style::paint(std::string_view code, std::string_view text) const {
    if (!colour || text.empty()) return std::string(text);
    return fmt::format("\033[{}m{}\033[0m", code, text);
}

Style stdout_style() { return {has_colour()}; }

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

Result<void> write_file(std::string_view option, const std::string& path, std::string_view text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    if (!out.flush()) return fail(fmt::format("{} {}: cannot write", option, path));
    return {};
}

Progress::Progress(std::string_view unit)
    : unit_(unit),
      terminal_(isatty(STDERR_FILENO) != 0),
      next_(Clock::now() + std::chrono::milliseconds(500)) {}

Progress::~Progress() { hide(); }

void Progress::hide() {
    if (shown_) fmt::print(stderr, "\r\033[K");
    shown_ = false;
}

void Progress::show(std::uint64_t done, double fraction) {
    if (!terminal_ || Clock::now() < next_) return;
    constexpr int width = 30;
    int filled = static_cast<int>(fraction * width);
    fmt::print(stderr, "\r[{:=<{}}{: <{}}] {} {}\033[K", "", filled, "", width - filled, done,
               unit_);
    next_ = Clock::now() + std::chrono::milliseconds(100);
    shown_ = true;
}

void handle_signals() {
    std::signal(SIGPIPE, SIG_DFL);
    struct sigaction action = {};
    action.sa_handler = on_interrupt;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
}

InterruptGuard::InterruptGuard() { guarded = 1; }
InterruptGuard::~InterruptGuard() { guarded = 0; }
bool InterruptGuard::interrupted() { return interrupts > 0; }

}  // namespace bpftwin::cli
