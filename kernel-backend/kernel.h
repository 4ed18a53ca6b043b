// What the backend asks of a kernel: bpf(2) and the little around it. One interface for this
// machine's kernel and for one in a micro-VM, where an agent asks its own kernel the same.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bpftwin/error.h"

namespace bpftwin {
class Btf;
}

namespace bpftwin::kernel {

/// A pointer field of a `union bpf_attr` and the memory it stands for.
struct Pointer {
    std::uint32_t offset;  ///< Of the 64-bit field in the attribute.
    std::span<std::byte> bytes;
    bool input;   ///< Read by the kernel. What is not is zero before the call.
    bool output;  ///< Written by the kernel.
};

/// A kernel. Descriptors are its own numbers. Errors of calls have the kernel's errno as `code`.
/// Several threads may ask at once.
class Kernel {
public:
    virtual ~Kernel() = default;

    /// bpf(2) with the command `command` (enum bpf_cmd). The kernel's answers are stored in `attr`
    /// and in what the pointers stand for.
    /// @return what the call returned: 0 or a descriptor.
    virtual Result<int> bpf(int command, std::span<std::byte> attr,
                            std::span<const Pointer> pointers) = 0;
    virtual void close(int descriptor) = 0;
    /// The content of a file of the machine that the kernel runs on.
    virtual Result<Bytes> read_file(const std::string& path) = 0;
    /// As uname(2) tells it: "6.12.43+deb13-cloud-amd64".
    [[nodiscard]] virtual const std::string& release() const = 0;
    /// Possible CPUs: values per key of per-CPU maps.
    [[nodiscard]] virtual std::uint32_t cpu_count() const = 0;

    /// The records that are in a ring buffer, in order, which are then no longer there.
    /// @param size the map's `max_entries`.
    virtual Result<std::vector<Bytes>> take_ring_records(int map, std::uint32_t size) = 0;
    /// Puts a record into the ring buffer of user space's records.
    virtual Result<void> put_ring_record(int map, std::uint32_t size, ByteView record) = 0;
    /// Maps an arena of `pages` pages where its programs expect it until it is closed, with
    /// `contents` in its first pages. @param address 0: anywhere.
    virtual Result<void> map_arena(int /*map*/, std::uint64_t /*address*/, std::uint32_t /*pages*/,
                                   ByteView /*contents*/) {
        return fail("arenas are not mapped here", EOPNOTSUPP);
    }
    /// Puts a buffer behind every slot of a perf event array that belongs to a CPU.
    virtual Result<void> open_perf_buffers(int map) = 0;

    struct PerfRecord {
        std::uint32_t cpu;
        Bytes data;
    };
    /// The records in these buffers, by CPU, which are then no longer there.
    virtual Result<std::vector<PerfRecord>> take_perf_records(int map) = 0;

    /// What programs that the calling thread ran printed by bpf_trace_printk since its last call,
    /// without the line's head.
    /// @return an Error where the kernel does not let this process read its trace.
    virtual Result<std::vector<std::string>> take_trace() = 0;

    /// A descriptor of a module's types.
    /// @return an Error where no such module is loaded, or this process may not see its types.
    virtual Result<int> open_module_types(const std::string& module) {
        return fail("no module " + module, ENOENT);
    }

    /// Whether the kernel can still be asked: an Error that says why not.
    virtual Result<void> alive() { return {}; }

    /// The kernel's own types, /sys/kernel/btf/vmlinux; read once.
    Result<std::shared_ptr<const Btf>> types();

private:
    std::mutex reading_types_;
    std::shared_ptr<const Btf> types_;
};

/// The kernel of this machine.
/// @return an Error that says what is missing where it lets this process load no programs.
Result<std::unique_ptr<Kernel>> local_kernel();

/// The same without the question whether it lets this process do anything.
std::unique_ptr<Kernel> local_kernel_unasked();

/// A descriptor that closes itself. Moves only.
class Descriptor {
public:
    Descriptor() = default;
    Descriptor(Kernel& kernel, int number) : kernel_(&kernel), number_(number) {}
    Descriptor(Descriptor&& other) noexcept
        : kernel_(other.kernel_), number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(kernel_, other.kernel_);
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() {
        if (number_ >= 0) kernel_->close(number_);
    }
    [[nodiscard]] int number() const { return number_; }
    /// The number, which is then the caller's to close.
    [[nodiscard]] int release() && { return std::exchange(number_, -1); }
    explicit operator bool() const { return number_ >= 0; }

private:
    Kernel* kernel_ = nullptr;
    int number_ = -1;
};

}  // namespace bpftwin::kernel
