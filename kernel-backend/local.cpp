// The kernel of this machine, by system calls.
#include "kernel-backend/kernel.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <map>

#include "bpftwin/insn.h"
#include "kernel-backend/attribute.h"
#include "kernel-backend/cpu_list.h"
#include "kernel-backend/mapping.h"
#include "kernel-backend/modules.h"
#include "kernel-backend/perf_buffer.h"
#include "kernel-backend/ring_buffer.h"
#include "kernel-backend/trace.h"

namespace bpftwin::kernel {
namespace {

std::string text_of(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class LocalKernel final : public Kernel {
public:
    LocalKernel() {
        utsname name{};
        if (uname(&name) == 0) release_ = name.release;
        if (auto list = read_file("/sys/devices/system/cpu/possible"))
            cpus_ = count_of_cpus(text_of(*list));
    }

    Result<int> bpf(int command, std::span<std::byte> attr,
                    std::span<const Pointer> pointers) override {
        for (const Pointer& pointer : pointers) {
            const auto address = reinterpret_cast<std::uint64_t>(pointer.bytes.data());
            std::memcpy(&attr[pointer.offset], &address, sizeof address);
        }
        const long result = syscall(SYS_bpf, command, attr.data(), attr.size());
        if (result < 0) return fail(std::strerror(errno), errno);
        return static_cast<int>(result);
    }

    void close(int descriptor) override {
        (void)take_buffers(descriptor);
        {
            const std::lock_guard lock(reading_);
            arenas_.erase(descriptor);
        }
        ::close(descriptor);
    }

    Result<Bytes> read_file(const std::string& path) override {
        const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) return fail(path + ": " + std::strerror(errno), errno);
        Bytes content;
        std::array<std::byte, 65536> piece;
        ssize_t count = 0;
        while ((count = read(file, piece.data(), piece.size())) > 0)
            content.insert(content.end(), piece.begin(), piece.begin() + count);
        const int error = count < 0 ? errno : 0;
        ::close(file);
        if (error != 0) return fail(path + ": " + std::strerror(error), error);
        return content;
    }

    [[nodiscard]] const std::string& release() const override { return release_; }
    [[nodiscard]] std::uint32_t cpu_count() const override { return cpus_; }

    Result<std::vector<Bytes>> take_ring_records(int map, std::uint32_t size) override {
        const std::lock_guard lock(reading_);
        return take_records(map, size);
    }

    Result<void> put_ring_record(int map, std::uint32_t size, ByteView record) override {
        const std::lock_guard lock(reading_);
        return put_record(map, size, record);
    }

    Result<void> map_arena(int map, std::uint64_t address, std::uint32_t pages,
                           ByteView contents) override {
        const std::size_t size = pages * page_size();
        if (contents.size() > size) return fail("its variables do not fit", E2BIG);
        auto mapping = Mapping::create(map, size, PROT_READ | PROT_WRITE, 0, address);
        if (!mapping) return std::unexpected(mapping.error());
        std::ranges::copy(contents, mapping->begin());
        const std::lock_guard lock(reading_);
        arenas_.insert_or_assign(map, std::move(*mapping));
        return {};
    }

    Result<void> open_perf_buffers(int map) override {
        auto buffers = PerfBuffers::open(*this, map);
        if (!buffers) return std::unexpected(buffers.error());
        (void)take_buffers(map);
        const std::lock_guard lock(reading_);
        perf_.insert_or_assign(map, std::move(*buffers));
        return {};
    }

    Result<std::vector<PerfRecord>> take_perf_records(int map) override {
        const std::lock_guard lock(reading_);
        const auto found = perf_.find(map);
        if (found == perf_.end()) return std::vector<PerfRecord>{};
        return found->second.take();
    }

    Result<int> open_module_types(const std::string& module) override {
        return kernel::open_module_types(*this, module);
    }

    Result<std::vector<std::string>> take_trace() override {
        const std::lock_guard lock(reading_);
        return trace_.take();
    }

private:
    // Buffers close their events by this kernel: they end where it is not locked.
    std::map<int, PerfBuffers>::node_type take_buffers(int map) {
        const std::lock_guard lock(reading_);
        return perf_.extract(map);
    }

    std::string release_;
    std::uint32_t cpus_ = 1;
    std::mutex reading_;  ///< Of what only one may consume or produce; guards what follows.
    std::map<int, PerfBuffers> perf_;
    std::map<int, Mapping> arenas_;
    Trace trace_;
};

/// Loads the smallest program of the type that asks for the least privilege.
Result<void> ask(Kernel& kernel) {
    constexpr Insn insns[] = {{0xb7, 0, 0, 0, 0}, {0x95, 0, 0, 0, 0}};
    constexpr char license[] = "GPL";
    Attribute load;
    load->prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
    load->insn_cnt = std::size(insns);
    load.input(load->insns, std::as_bytes(std::span(insns)));
    load.input(load->license, std::as_bytes(std::span(license)));
    auto program = load.call(kernel, BPF_PROG_LOAD);
    if (!program) return std::unexpected(program.error());
    kernel.close(*program);
    return {};
}

}  // namespace

std::unique_ptr<Kernel> local_kernel_unasked() { return std::make_unique<LocalKernel>(); }

Result<std::unique_ptr<Kernel>> local_kernel() {
    auto kernel = local_kernel_unasked();
    if (auto answer = ask(*kernel); !answer) {
        const int error = answer.error().code;
        if (error == EPERM || error == EACCES)
            return fail(
                "this process may not load BPF programs: it needs root, or CAP_BPF with "
                "CAP_PERFMON and "
                "CAP_NET_ADMIN; the engine vm:… needs no privilege (bpftwin kernels)",
                error);
        return fail("this kernel loads no BPF programs: " + answer.error().message, error);
    }
    return kernel;
}

}  // namespace bpftwin::kernel
