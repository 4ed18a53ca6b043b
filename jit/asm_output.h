// What the emitters of both targets share: an asmjit buffer, its first error, the listing.
#pragma once

#include <string>
#include <string_view>

#include "asmjit/core.h"
#include "bpftwin/error.h"
#include "jit/compile.h"

namespace bpftwin::jit {

/// One buffer of code being emitted. Errors of asmjit are kept until the end.
class AsmOutput final : public asmjit::ErrorHandler {
public:
    AsmOutput(asmjit::Arch arch, bool listing) {
        asmjit::Environment environment;
        environment.setArch(arch);
        holder_.init(environment);
        holder_.setErrorHandler(this);
        if (!listing) return;
        logger_.addFlags(asmjit::FormatFlags::kMachineCode | asmjit::FormatFlags::kHexImms);
        // For arm64, asmjit forgets the sign of offsets in hexadecimal.
        if (arch != asmjit::Arch::kAArch64) logger_.addFlags(asmjit::FormatFlags::kHexOffsets);
        holder_.setLogger(&logger_);
    }
    AsmOutput(const AsmOutput&) = delete;
    AsmOutput& operator=(const AsmOutput&) = delete;

    [[nodiscard]] asmjit::CodeHolder& holder() { return holder_; }

    /// Makes room for the code and places of so many operations.
    void reserve(std::size_t operations) {
        constexpr std::size_t usual_bytes = 6;
        result_.places.reserve(operations);
        if (auto error =
                holder_.reserveBuffer(&holder_.textSection()->_buffer, operations * usual_bytes))
            handleError(error, nullptr, nullptr);
    }

    /// A label; with a name in listings only, where it tells a reader what it stands for.
    asmjit::Label new_label(asmjit::BaseEmitter& emitter, std::string_view kind,
                            std::uint32_t number) {
        if (holder_.logger() == nullptr) return emitter.newLabel();
        return emitter.newNamedLabel((std::string(kind) + "_" + std::to_string(number)).c_str());
    }

    /// Begins a place; what is emitted until the next one belongs to it, here to an operation.
    void begin_place(std::size_t offset, const Lowered& op) {
        place({static_cast<std::uint32_t>(offset), op.first_pc, op.pc, access_of(op)});
    }
    /// The same for what is no operation: stubs.
    void begin_place(std::size_t offset, std::uint32_t pc) {
        place({static_cast<std::uint32_t>(offset), pc, pc, {}});
    }
    /// Notes where the next function begins.
    void begin_function(std::size_t offset) {
        result_.function_offsets.push_back(static_cast<std::uint32_t>(offset));
    }

    /// The finished code, or an Error with what asmjit refused.
    Result<MachineCode> finish() {
        end_listing();
        if (error_ == asmjit::kErrorOk) error_ = holder_.resolveUnresolvedLinks();
        if (error_ == asmjit::kErrorOk && holder_.hasUnresolvedLinks())
            return fail("the code cannot be emitted: a jump leads nowhere");
        // Distances between labels that code holds as data; they are the same at every base.
        if (error_ == asmjit::kErrorOk && holder_.hasRelocEntries())
            error_ = holder_.relocateToBase(0);
        if (error_ != asmjit::kErrorOk)
            return fail(std::string("the code cannot be emitted: ") +
                            asmjit::DebugUtils::errorAsString(error_),
                        error_ == asmjit::kErrorOutOfMemory ? ENOMEM : 0);
        const auto& buffer = holder_.textSection()->buffer();
        const auto* bytes = reinterpret_cast<const std::byte*>(buffer.data());
        result_.code.assign(bytes, bytes + buffer.size());
        return std::move(result_);
    }

    void handleError(asmjit::Error error, const char*, asmjit::BaseEmitter*) override {
        if (error_ == asmjit::kErrorOk) error_ = error;
    }

private:
    void place(const CodePlace& place) {
        end_listing();
        result_.places.push_back(place);
    }

    void end_listing() {
        if (holder_.logger() == nullptr) return;
        const std::string_view text(logger_.data(), logger_.dataSize());
        if (!result_.places.empty()) {
            result_.listing.resize(result_.places.size());
            result_.listing.back() = text.substr(std::min(listed_, text.size()));
        }
        listed_ = text.size();
    }

    asmjit::CodeHolder holder_;
    asmjit::StringLogger logger_;
    asmjit::Error error_ = asmjit::kErrorOk;
    std::size_t listed_ = 0;
    MachineCode result_;
};

}  // namespace bpftwin::jit
