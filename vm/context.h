// UAPI contexts: the struct that r1 points to, exactly as the kernel's headers lay it out, with its
// fields by name. Mirrors include/uapi/linux/bpf.h and the architecture's `struct pt_regs`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "bpftwin/error.h"
#include "bpftwin/kinds.h"
#include "bpftwin/run.h"

namespace bpftwin {

class Memory;
class Packet;

/// One named field of a context struct.
struct ContextFieldInfo {
    std::string_view name;
    std::uint16_t offset;
    std::uint16_t size;  ///< 1, 2, 4 or 8 bytes.
    bool pointer;        ///< Holds an address; zeroed in results.
};

/// A context struct: one per group of program types.
struct ContextLayout {
    std::string_view struct_name;  ///< "xdp_md", "__sk_buff", "pt_regs"; empty: plain bytes.
    std::uint32_t size;
    std::span<const ContextFieldInfo> fields;
    bool has_packet;  ///< `data`, `data_end` (and `data_meta`) point to packet memory.

    [[nodiscard]] const ContextFieldInfo* field(std::string_view name) const;
};

/// The context of a program type. Types without a struct of their own get 256 plain bytes whose
/// fields are named by offset: "u8[3]", "u16[4]", "u32[8]", "u64[16]" (works on every layout).
const ContextLayout& context_layout(ProgType type);

/// The context of one run: its bytes and the fields that follow the packet.
class Context {
public:
    /// Fills a context from the input, and points it at `packet` (null without one).
    static Result<Context> create(ProgType type, const RunInput& input, Packet* packet);

    [[nodiscard]] std::uint64_t address() const;
    [[nodiscard]] std::span<std::byte> bytes() { return bytes_; }
    [[nodiscard]] const ContextLayout& layout() const { return *layout_; }

    /// Value of a field of this layout, or nothing if it has none of that name.
    [[nodiscard]] std::optional<std::uint64_t> value(std::string_view field) const;
    Result<void> set(std::string_view field, std::uint64_t value);

    /// Writes `data`, `data_end`, `data_meta` and `len` after the packet's bounds moved, and
    /// replaces the packet's regions in `memory`.
    void follow_packet(Memory& memory);
    /// Bytes with pointer fields zeroed, for results.
    [[nodiscard]] Bytes without_pointers() const;

private:
    Context(const ContextLayout& layout, Packet* packet);

    const ContextLayout* layout_;
    Bytes bytes_;
    Packet* packet_;
    std::uint64_t packet_region_ = 0;  ///< Where the packet's region begins now; 0: none yet.
};

}  // namespace bpftwin
