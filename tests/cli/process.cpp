#include "tests/cli/process.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace bpftwin::cli {

Finished shell(const std::string& command) {
    std::string folder = std::filesystem::path(BPFTWIN_EXECUTABLE).parent_path();
    std::string script = "exec 2>&1; export NO_COLOR=1 PATH='" + folder + "':\"$PATH\"; cd '" +
                         BPFTWIN_GOLDEN + "' && " + command;
    // popen takes the script as one word of sh's argument list: nothing in it is expanded twice.
    FILE* pipe = popen(script.c_str(), "r");
    if (pipe == nullptr) return {-1, "cannot start a shell"};
    Finished finished{};
    std::array<char, 4096> buffer;
    while (std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
        finished.output.append(buffer.data(), got);
    }
    int status = pclose(pipe);
    finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return finished;
}

}  // namespace bpftwin::cli
