// What depends on where the output goes: colour, progress, signals.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "bpftwin/error.h"

namespace bpftwin::cli {

/// Paints text, or leaves it as it is.
struct Style {
    bool colour = false;

    [[nodiscard]] std::string bold(std::string_view text) const { return paint("1", text); }
    [[nodiscard]] std::string dim(std::string_view text) const { return paint("2", text); }
    [[nodiscard]] std::string good(std::string_view text) const { return paint("32", text); }
    [[nodiscard]] std::string bad(std::string_view text) const { return paint("31", text); }
    [[nodiscard]] std::string name(std::string_view text) const { return paint("36", text); }

private:
    [[nodiscard]] std::string paint(std::string_view code, std::string_view text) const;
};

/// Colour if standard output is a terminal that has it and NO_COLOR is not set.
Style stdout_style();

/// Writes to standard output; errors are found when it is flushed at the end.
void print(std::string_view text);

/// Writes a file that an option names.
/// @return an Error that begins with the option.
Result<void> write_file(std::string_view option, const std::string& path, std::string_view text);

/// A progress line on standard error, shown after half a second and only on a terminal.
class Progress {
public:
    /// @param unit what is counted, in the plural.
    explicit Progress(std::string_view unit);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// @param done units so far. @param fraction of all there is to do, 0 to 1.
    void show(std::uint64_t done, double fraction);
    /// Makes room for other output, until it is shown again.
    void hide();

private:
    using Clock = std::chrono::steady_clock;

    std::string unit_;
    bool terminal_;
    bool shown_ = false;
    Clock::time_point next_;
};

/// A closed pipe ends the process quietly, and so does Ctrl-C, with status 130.
void handle_signals();

/// While one exists, the first Ctrl-C only makes `interrupted` true, so that a loop can end well.
class InterruptGuard {
public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

    [[nodiscard]] static bool interrupted();
};

}  // namespace bpftwin::cli
