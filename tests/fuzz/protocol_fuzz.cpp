// Any bytes are a request or an error, and an answer or an error; a request that was read is
// written the same again, and is answered whatever it asks.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "kernel-backend/protocol.h"
#include "kernel-backend/service.h"

namespace {

using namespace bpftwin;
using namespace bpftwin::kernel;

/// A kernel in which there is nothing.
class EmptyKernel final : public Kernel {
public:
    Result<int> bpf(int /*command*/, std::span<std::byte> attr,
                    std::span<const Pointer> pointers) override {
        for (const Pointer& pointer : pointers)
            if (pointer.offset + sizeof(std::uint64_t) > attr.size()) std::abort();
        return 0;
    }
    void close(int /*descriptor*/) override {}
    Result<Bytes> read_file(const std::string& path) override { return fail(path); }
    [[nodiscard]] const std::string& release() const override { return release_; }
    [[nodiscard]] std::uint32_t cpu_count() const override { return 1; }
    Result<std::vector<Bytes>> take_ring_records(int /*map*/, std::uint32_t /*size*/) override {
        return std::vector<Bytes>{};
    }
    Result<void> put_ring_record(int /*map*/, std::uint32_t /*size*/,
                                 ByteView /*record*/) override {
        return {};
    }
    Result<void> open_perf_buffers(int /*map*/) override { return {}; }
    Result<std::vector<PerfRecord>> take_perf_records(int /*map*/) override {
        return std::vector<PerfRecord>{};
    }
    Result<std::vector<std::string>> take_trace() override { return std::vector<std::string>{}; }

private:
    std::string release_ = "9.9";
};

template <class Answer>
void read_answer(ByteView frame) {
    const auto answer = decode_answer<Answer>(frame);
    if (!answer && answer.error().message.empty()) std::abort();
    if (answer && encode_answer(*answer) != Bytes(frame.begin(), frame.end())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView frame = std::as_bytes(std::span(data, size));
    const auto request = decode_request(frame);
    if (request && encode(*request) != Bytes(frame.begin(), frame.end())) std::abort();
    EmptyKernel kernel;
    if (serve(kernel, frame).empty()) std::abort();
    read_answer<Hello::Answer>(frame);
    read_answer<BpfCall::Answer>(frame);
    read_answer<Bytes>(frame);
    read_answer<std::vector<Bytes>>(frame);
    read_answer<std::vector<std::string>>(frame);
    read_answer<std::vector<Kernel::PerfRecord>>(frame);
    read_answer<Nothing>(frame);
    return 0;
}
