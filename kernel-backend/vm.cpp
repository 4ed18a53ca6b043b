#include "kernel-backend/vm.h"

#include <algorithm>
#include <cerrno>

#include "fmt/format.h"
#include "kernel-backend/channel.h"
#include "kernel-backend/images.h"
#include "kernel-backend/initramfs.h"
#include "kernel-backend/qemu.h"
#include "kernel-backend/remote.h"

namespace bpftwin::kernel {
namespace {

/// The agent in a machine, and the machine.
class Machine final : public Peer {
public:
    Machine(std::string name, std::unique_ptr<Qemu> qemu, TimeLimits limits)
        : name_(std::move(name)), qemu_(std::move(qemu)), limits_(limits) {}

    Result<Bytes> ask(ByteView request) override {
        const auto limit = is_up_ ? limits_.request : limits_.boot;
        auto answer = exchange(request, std::chrono::steady_clock::now() + limit);
        if (!answer) return std::unexpected(obituary(answer.error(), limit));
        is_up_ = true;
        return answer;
    }

private:
    Result<Bytes> exchange(ByteView request, Deadline deadline) {
        if (auto sent = qemu_->port().send(request, deadline); !sent)
            return std::unexpected(sent.error());
        return qemu_->port().receive(deadline);
    }

    Error obituary(const Error& error, std::chrono::milliseconds limit) {
        qemu_->kill();  // Before its last words, so that there are no more.
        std::string what = error.message;
        if (error.code == ETIMEDOUT)
            what = std::string(is_up_ ? "no answer" : "not up") + " within " +
                   std::to_string(limit.count()) + " ms, and stopped";
        else if (error.code == EPIPE)
            what = is_up_ ? "the machine died" : "the machine died while it booted";
        return {name_ + ": " + what + "; its console ends: " + qemu_->last_words(), error.code};
    }

    std::string name_;
    std::unique_ptr<Qemu> qemu_;
    TimeLimits limits_;
    bool is_up_ = false;
};

// A kernel is up in less than two seconds with a KVM that works.
constexpr std::chrono::milliseconds kvm_boot = std::chrono::seconds(10);

Result<std::unique_ptr<Kernel>> boot(const Image& image, ByteView files, Accelerator accelerator,
                                     TimeLimits limits) {
    const std::string name = "vm:" + (image.release.empty() ? image.path : image.release);
    auto qemu = Qemu::start(image.path, files, accelerator);
    if (!qemu) return std::unexpected(qemu.error().in(name));
    return remote_kernel(std::make_unique<Machine>(name, std::move(*qemu), limits));
}

}  // namespace

Result<std::unique_ptr<Kernel>> boot_kernel(const std::string& name, TimeLimits limits) {
    const auto image = find_image(name);
    if (!image) return std::unexpected(image.error());
    const auto files = initramfs(image->modules, image->config);
    if (!files) return std::unexpected(files.error());
    if (has_kvm()) {
        const TimeLimits shorter{std::min(limits.boot, kvm_boot), limits.request};
        if (auto kernel = boot(*image, *files, Accelerator::kvm, shorter)) return kernel;
    }
    return boot(*image, *files, Accelerator::tcg, limits);
}

Result<std::unique_ptr<Kernel>> kernel_named(std::string_view name) {
    constexpr std::string_view in_vm = "vm:";
    auto kernel = name.starts_with(in_vm) ? boot_kernel(std::string(name.substr(in_vm.size())))
                                          : local_kernel();
    if (!kernel) return std::unexpected(kernel.error().in(fmt::format("engine {}", name)));
    return kernel;
}

}  // namespace bpftwin::kernel
