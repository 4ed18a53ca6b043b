// What the host asks the agent in a virtual machine, and the answers: one pair of messages for
// every virtual function of `Kernel`. A message is its fields in order: numbers little endian,
// bytes, text and lists behind their length, a `Result` behind a byte that says which it is.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

using Nothing = std::monostate;

struct Hello {
    struct Answer {
        std::string release;
        std::uint32_t cpu_count = 0;
        static void fields(auto& self, auto&& visit) { visit(self.release, self.cpu_count); }
    };
    static void fields(auto& /*self*/, auto&& /*visit*/) {}
};

struct BpfCall {
    /// A pointer's memory.
    struct Memory {
        std::uint32_t offset = 0;  ///< Of the field in the attribute.
        std::uint32_t size = 0;
        Bytes content;  ///< Without zeros at the end; empty where the kernel does not read.
        bool input = false;
        bool output = false;
        static void fields(auto& self, auto&& visit) {
            visit(self.offset, self.size, self.content, self.input, self.output);
        }
    };
    /// Also after an error: the verifier's log comes with one.
    struct Answer {
        Result<std::int32_t> result;
        Bytes attr;
        std::vector<Bytes> outputs;  ///< In the order of the pointers, without zeros at the end.
        static void fields(auto& self, auto&& visit) {
            visit(self.result, self.attr, self.outputs);
        }
    };
    std::int32_t command = 0;
    Bytes attr;
    std::vector<Memory> pointers;
    static void fields(auto& self, auto&& visit) { visit(self.command, self.attr, self.pointers); }
};

struct CloseDescriptor {
    using Answer = Nothing;
    std::int32_t descriptor = 0;
    static void fields(auto& self, auto&& visit) { visit(self.descriptor); }
};

struct ReadFile {
    using Answer = Bytes;
    std::string path;
    static void fields(auto& self, auto&& visit) { visit(self.path); }
};

struct TakeRingRecords {
    using Answer = std::vector<Bytes>;
    std::int32_t map = 0;
    std::uint32_t size = 0;
    static void fields(auto& self, auto&& visit) { visit(self.map, self.size); }
};

struct PutRingRecord {
    using Answer = Nothing;
    std::int32_t map = 0;
    std::uint32_t size = 0;
    Bytes record;
    static void fields(auto& self, auto&& visit) { visit(self.map, self.size, self.record); }
};

struct MapArena {
    using Answer = Nothing;
    std::int32_t map = 0;
    std::uint64_t address = 0;
    std::uint32_t pages = 0;
    Bytes contents;
    static void fields(auto& self, auto&& visit) {
        visit(self.map, self.address, self.pages, self.contents);
    }
};

struct OpenPerfBuffers {
    using Answer = Nothing;
    std::int32_t map = 0;
    static void fields(auto& self, auto&& visit) { visit(self.map); }
};

struct TakePerfRecords {
    using Answer = std::vector<Kernel::PerfRecord>;
    std::int32_t map = 0;
    static void fields(auto& self, auto&& visit) { visit(self.map); }
};

struct TakeTrace {
    using Answer = std::vector<std::string>;
    static void fields(auto& /*self*/, auto&& /*visit*/) {}
};

struct OpenModuleTypes {
    using Answer = std::int32_t;
    std::string module;
    static void fields(auto& self, auto&& visit) { visit(self.module); }
};

using Request =
    std::variant<Hello, BpfCall, CloseDescriptor, ReadFile, TakeRingRecords, OpenPerfBuffers,
                 TakePerfRecords, TakeTrace, OpenModuleTypes, PutRingRecord, MapArena>;

Bytes encode(const Request& request);
/// @return an Error for what no `encode` writes.
Result<Request> decode_request(ByteView frame);

/// `Answer` is one of the types above; these are all there are. Errors look the same for all.
template <class Answer>
Bytes encode_answer(const Result<Answer>& answer);
/// @return the peer's answer, which may be an Error; or one of ours, where it makes no sense.
template <class Answer>
Result<Result<Answer>> decode_answer(ByteView frame);

/// Without the zeros at the end.
ByteView trimmed(ByteView bytes);

}  // namespace bpftwin::kernel
