#include "kernel-backend/remote.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "kernel-backend/channel.h"
#include "kernel-backend/protocol.h"

namespace bpftwin::kernel {
namespace {

BpfCall call_of(int command, ByteView attr, std::span<const Pointer> pointers) {
    BpfCall call{command, Bytes(attr.begin(), attr.end()), {}};
    for (const auto& [offset, bytes, input, output] : pointers) {
        const ByteView content = input ? trimmed(bytes) : ByteView();
        call.pointers.push_back({offset, static_cast<std::uint32_t>(bytes.size()),
                                 Bytes(content.begin(), content.end()), input, output});
    }
    return call;
}

/// Whether the answer fits what was asked.
bool fits(const BpfCall::Answer& answer, ByteView attr, std::span<const Pointer> pointers) {
    auto output = answer.outputs.begin();
    for (const Pointer& pointer : pointers) {
        if (!pointer.output) continue;
        if (output == answer.outputs.end() || output->size() > pointer.bytes.size()) return false;
        ++output;
    }
    return output == answer.outputs.end() && answer.attr.size() == attr.size();
}

/// Stores what the kernel wrote. Pointers in the attribute stay what they are on this side.
void store(const BpfCall::Answer& answer, std::span<std::byte> attr,
           std::span<const Pointer> pointers) {
    Bytes changed = answer.attr;
    auto output = answer.outputs.begin();
    for (const Pointer& pointer : pointers) {
        std::memcpy(&changed[pointer.offset], &attr[pointer.offset], sizeof(std::uint64_t));
        if (!pointer.output) continue;
        const auto rest = std::ranges::copy(*output++, pointer.bytes.begin()).out;
        std::fill(rest, pointer.bytes.end(), std::byte{});
    }
    std::ranges::copy(changed, attr.begin());
}

class RemoteKernel final : public Kernel {
public:
    explicit RemoteKernel(std::unique_ptr<Peer> peer) : peer_(std::move(peer)) {}

    Result<void> greet() {
        auto hello = ask(Hello{});
        if (!hello) return std::unexpected(hello.error());
        release_ = hello->release;
        cpu_count_ = hello->cpu_count;
        return {};
    }

    Result<int> bpf(int command, std::span<std::byte> attr,
                    std::span<const Pointer> pointers) override {
        auto answer = ask(call_of(command, attr, pointers));
        if (!answer) return std::unexpected(answer.error());
        if (!fits(*answer, attr, pointers)) {
            const std::lock_guard lock(asking_);
            return std::unexpected(give_up({"the answer to bpf(2) makes no sense", EBADMSG}));
        }
        store(*answer, attr, pointers);
        return answer->result;
    }
    void close(int descriptor) override { (void)ask(CloseDescriptor{descriptor}); }
    Result<Bytes> read_file(const std::string& path) override { return ask(ReadFile{path}); }
    [[nodiscard]] const std::string& release() const override { return release_; }
    [[nodiscard]] std::uint32_t cpu_count() const override { return cpu_count_; }

    Result<std::vector<Bytes>> take_ring_records(int map, std::uint32_t size) override {
        return ask(TakeRingRecords{map, size});
    }
    Result<void> put_ring_record(int map, std::uint32_t size, ByteView record) override {
        return plain(ask(PutRingRecord{map, size, Bytes(record.begin(), record.end())}));
    }
    Result<void> map_arena(int map, std::uint64_t address, std::uint32_t pages,
                           ByteView contents) override {
        return plain(ask(MapArena{map, address, pages, Bytes(contents.begin(), contents.end())}));
    }
    Result<void> open_perf_buffers(int map) override { return plain(ask(OpenPerfBuffers{map})); }
    Result<std::vector<PerfRecord>> take_perf_records(int map) override {
        return ask(TakePerfRecords{map});
    }
    Result<std::vector<std::string>> take_trace() override { return ask(TakeTrace{}); }
    Result<int> open_module_types(const std::string& module) override {
        return ask(OpenModuleTypes{module});
    }

    Result<void> alive() override {
        auto hello = ask(Hello{});
        if (!hello) return std::unexpected(hello.error());
        return {};
    }

private:
    static Result<void> plain(const Result<Nothing>& answer) {
        if (!answer) return std::unexpected(answer.error());
        return {};
    }

    template <class Message>
    Result<typename Message::Answer> ask(const Message& message) {
        const std::lock_guard lock(asking_);
        if (!peer_) return std::unexpected(failure_);
        const Bytes request = encode(message);
        if (request.size() > longest_frame)
            return fail("a call with " + std::to_string(request.size()) + " bytes is too long",
                        E2BIG);
        auto frame = peer_->ask(request);
        if (!frame) return std::unexpected(give_up(frame.error()));
        auto answer = decode_answer<typename Message::Answer>(*frame);
        if (!answer) return std::unexpected(give_up(answer.error()));
        return std::move(*answer);
    }

    Error give_up(Error error) {
        failure_ = std::move(error);
        peer_.reset();
        return failure_;
    }

    std::mutex asking_;
    std::unique_ptr<Peer> peer_;
    Error failure_;
    std::string release_;
    std::uint32_t cpu_count_ = 1;
};

}  // namespace

Result<std::unique_ptr<Kernel>> remote_kernel(std::unique_ptr<Peer> peer) {
    auto kernel = std::make_unique<RemoteKernel>(std::move(peer));
    if (auto greeted = kernel->greet(); !greeted) return std::unexpected(greeted.error());
    return kernel;
}

}  // namespace bpftwin::kernel
