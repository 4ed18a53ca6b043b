#include "kernel-backend/service.h"

#include <cerrno>
#include <cstdint>
#include <variant>

#include "kernel-backend/channel.h"
#include "kernel-backend/protocol.h"

namespace bpftwin::kernel {
namespace {

// The kernel itself takes no more than a page (bpf_check_uarg_tail_zero).
constexpr std::size_t largest_attr = 4096;

Result<void> check(const BpfCall& call) {
    std::uint64_t size = 0;
    for (const BpfCall::Memory& memory : call.pointers) {
        if (std::uint64_t{memory.offset} + sizeof(std::uint64_t) > call.attr.size())
            return fail("a pointer is outside of the attribute", EINVAL);
        if (memory.content.size() > memory.size)
            return fail("a pointer's content is larger than its memory", EINVAL);
        size += memory.size;
    }
    if (call.attr.size() > largest_attr) return fail("the attribute is too large", E2BIG);
    if (size > longest_frame) return fail("the call needs more than a message can hold", E2BIG);
    return {};
}

Result<Hello::Answer> answer(Kernel& kernel, Hello& /*hello*/) {
    return Hello::Answer{kernel.release(), kernel.cpu_count()};
}

Result<BpfCall::Answer> answer(Kernel& kernel, BpfCall& call) {
    if (auto fine = check(call); !fine) return std::unexpected(fine.error());
    std::vector<Pointer> pointers;
    for (BpfCall::Memory& memory : call.pointers) {
        memory.content.resize(memory.size);
        pointers.push_back({memory.offset, memory.content, memory.input, memory.output});
    }
    BpfCall::Answer answer{kernel.bpf(call.command, call.attr, pointers), call.attr, {}};
    for (const Pointer& pointer : pointers) {
        if (!pointer.output) continue;
        const ByteView written = trimmed(pointer.bytes);
        answer.outputs.emplace_back(written.begin(), written.end());
    }
    return answer;
}

Result<Nothing> answer(Kernel& kernel, CloseDescriptor& close) {
    kernel.close(close.descriptor);
    return Nothing{};
}

Result<Bytes> answer(Kernel& kernel, ReadFile& read) { return kernel.read_file(read.path); }

Result<std::vector<Bytes>> answer(Kernel& kernel, TakeRingRecords& take) {
    return kernel.take_ring_records(take.map, take.size);
}

Result<Nothing> answer(Kernel& kernel, PutRingRecord& put) {
    auto done = kernel.put_ring_record(put.map, put.size, put.record);
    if (!done) return std::unexpected(done.error());
    return Nothing{};
}

Result<Nothing> answer(Kernel& kernel, MapArena& arena) {
    auto done = kernel.map_arena(arena.map, arena.address, arena.pages, arena.contents);
    if (!done) return std::unexpected(done.error());
    return Nothing{};
}

Result<Nothing> answer(Kernel& kernel, OpenPerfBuffers& open) {
    if (auto done = kernel.open_perf_buffers(open.map); !done) return std::unexpected(done.error());
    return Nothing{};
}

Result<std::vector<Kernel::PerfRecord>> answer(Kernel& kernel, TakePerfRecords& take) {
    return kernel.take_perf_records(take.map);
}

Result<std::vector<std::string>> answer(Kernel& kernel, TakeTrace& /*take*/) {
    return kernel.take_trace();
}

Result<std::int32_t> answer(Kernel& kernel, OpenModuleTypes& open) {
    return kernel.open_module_types(open.module);
}

Bytes refusal(Error error) {
    return encode_answer(Result<Nothing>(std::unexpected(std::move(error))));
}

}  // namespace

Bytes serve(Kernel& kernel, ByteView frame) {
    auto request = decode_request(frame);
    if (!request) return refusal(request.error());
    Bytes bytes =
        std::visit([&](auto& message) { return encode_answer(answer(kernel, message)); }, *request);
    if (bytes.size() > longest_frame)
        return refusal(
            {"the answer is too long: " + std::to_string(bytes.size()) + " bytes", EFBIG});
    return bytes;
}

}  // namespace bpftwin::kernel
