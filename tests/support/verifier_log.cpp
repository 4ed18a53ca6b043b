// BPF_PROG_LOAD with a log.
#include "tests/support/verifier_log.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "isa/builder.h"

namespace bpftwin::test {

Result<std::string> verifier_log(std::span<const Insn> program, std::uint32_t prog_type) {
    std::string log(1 << 20, '\0');
    bpf_attr attr;
    std::memset(&attr, 0, sizeof attr);
    attr.prog_type = prog_type;
    attr.insns = reinterpret_cast<std::uintptr_t>(program.data());
    attr.insn_cnt = static_cast<std::uint32_t>(program.size());
    attr.license = reinterpret_cast<std::uintptr_t>("GPL");
    attr.log_buf = reinterpret_cast<std::uintptr_t>(log.data());
    attr.log_size = static_cast<std::uint32_t>(log.size());
    attr.log_level = 2;
    auto fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
    int error = errno;
    if (fd >= 0) close(static_cast<int>(fd));
    log.resize(std::strlen(log.c_str()));
    if (fd < 0 && log.empty()) return fail(std::string("bpf(2): ") + std::strerror(error), error);
    return log;
}

std::string why_no_kernel() {
    auto program = build::program({build::mov(build::r0, 0), build::exit()});
    auto log = verifier_log(program, BPF_PROG_TYPE_SOCKET_FILTER);
    return log ? std::string() : log.error().message;
}

}  // namespace bpftwin::test
