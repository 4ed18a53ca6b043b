#include "tests/differential/isolated.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "bpftwin/error.h"
#include "fmt/format.h"

namespace bpftwin::differential {

int end_of(const std::function<int()>& body, unsigned seconds) {
    const pid_t child = fork();
    if (child < 0) bug("fork");
    if (child == 0) {
        alarm(seconds);
        _exit(body());
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child) bug("waitpid");
    return status;
}

std::string describe_end(int status) {
    if (WIFEXITED(status)) return fmt::format("exit status {}", WEXITSTATUS(status));
    return fmt::format("signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

}  // namespace bpftwin::differential
