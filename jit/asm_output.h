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
        logger_.addFlags(asmjit::FormatFlags::kMachineCode | asmjit::FormatFlags::kHexOffsets |
                         asmjit::FormatFlags::kHexImms);
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

    /// Begins a place; what is emitted until the next one belongs to it.
    void begin_place(std::size_t offset, std::uint32_t first_pc, std::uint32_t pc) {
        end_listing();
        result_.places.push_back({static_cast<std::uint32_t>(offset), first_pc, pc});
    }
    /// Notes where the next function begins.
    void begin_function(std::size_t offset) {
        result_.function_offsets.push_back(static_cast<std::uint32_t>(offset));
    }

    /// The finished code, or an Error with what asmjit refused.
    Result<MachineCode> finish() {
        end_listing();
        if (error_ == asmjit::kErrorOk) error_ = holder_.resolveUnresolvedLinks();
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
