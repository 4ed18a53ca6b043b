#include "tests/differential/isolated.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "bpftwin/error.h"
#include "fmt/format.h"

namespace bpftwin::differential {

bool holds_or_crashes(const std::function<bool()>& holds, unsigned seconds) {
    const pid_t child = fork();
    if (child < 0) bug("fork");
    if (child == 0) {
        alarm(seconds);
        _exit(holds() ? 1 : 0);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child) bug("waitpid");
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

std::string describe_end(int status) {
    if (WIFEXITED(status)) return fmt::format("exit status {}", WEXITSTATUS(status));
    return fmt::format("signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

}  // namespace bpftwin::differential
