// UAPI contexts: the struct that r1 points to, exactly as the kernel's headers lay it out, with its
// fields by name. Mirrors include/uapi/linux/bpf.h and the architecture's `struct pt_regs`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/kinds.h"
#include "bpftwin/run.h"

namespace bpftwin {

class Memory;
class Packet;
class SocketTable;

/// One named field of a context struct.
struct ContextFieldInfo {
    std::string_view name;
    std::uint16_t offset;
    std::uint16_t size;  ///< 1, 2, 4 or 8 bytes.
    bool pointer;        ///< Holds an address; zeroed in results.
};

/// Which header `data` points to when a program starts. Of a packet given to a program that begins
/// at the network layer the first 14 bytes are the Ethernet header, as in the kernel's test-run.
enum class PacketLayer : std::uint8_t { link, network, payload };

/// The context struct of a program type, or plain bytes.
struct ContextLayout {
    ProgType type;
    std::string_view struct_name;  ///< "xdp_md", "__sk_buff", "pt_regs"; empty: plain bytes.
    std::uint32_t size;
    std::span<const ContextFieldInfo> fields;
    bool has_packet;  ///< `data`, `data_end` (and `data_meta`) point to packet memory.
    PacketLayer layer;
    bool packet_writable;  ///< Whether the kernel lets the program write to the packet directly.

    /// The field of that name, or null.
    [[nodiscard]] const ContextFieldInfo* field(std::string_view name) const;
    [[nodiscard]] bool is_bytes() const { return struct_name.empty(); }
};

/// The context of a program type. Types without a struct of their own get 256 plain bytes whose
/// fields are named by offset: "u8[3]", "u16[4]", "u32[8]", "u64[16]" (works on every layout).
/// ProgType::unspec is a program outside any kernel hook: just the bytes it is given.
const ContextLayout& context_layout(ProgType type);

/// Whether programs of that type get pointers that BTF types but nothing vouches for. A load
/// through one that leads nowhere reads 0 (the kernel's BPF_PROBE_MEM); no other access does.
/// Nothing else can fault in a program of these types that the verifier accepted, so it is every
/// load's rule.
bool probes_memory(ProgType type);

/// The context of one run: its bytes and the fields that follow the packet.
class Context {
public:
    /// Fills a context from the input, and points it at `packet` (null without one), in which it
    /// places the input's packet. What the input leaves zero gets the value of the kernel's
    /// BPF_PROG_TEST_RUN on the loopback device.
    /// @return an Error for an unknown field, a value too wide, or a packet that does not fit.
    static Result<Context> create(ProgType type, const RunInput& input, Packet* packet);

    /// What r1 holds at the start; 0 for an empty context.
    [[nodiscard]] std::uint64_t address() const;
    [[nodiscard]] std::span<std::byte> bytes() { return bytes_; }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] const ContextLayout& layout() const { return *layout_; }

    /// Value of a field of this layout, or nothing if it has none of that name.
    [[nodiscard]] std::optional<std::uint64_t> value(std::string_view field) const;
    /// Sets a field by name. Fields that describe the packet's bounds cannot be set.
    Result<void> set(std::string_view field, std::uint64_t value);

    /// Sets a field unless the layout has none of that name or it is already different from zero.
    void set_default(std::string_view field, std::uint64_t value);

    /// Stores an address into a field by name, as `set`; results do not show it.
    Result<void> point(std::string_view field, std::uint64_t address);
    /// Takes 8 bytes at each offset for an address, which results do not show.
    void hide_pointers(std::span<const std::uint32_t> offsets);
    /// Takes the context as it is now for what every run starts from.
    void remember() { first_bytes_ = bytes_; }

    /// Adds the regions of the context and of what it points to to `memory`: once, before the first
    /// run.
    void attach(Memory& memory);
    /// Puts context and packet back to where `create` left them, for the next run.
    void restart(Memory& memory);

    /// Writes `data`, `data_end`, `data_meta` and `len` after the packet's bounds moved, and
    /// replaces the packet's regions in `memory`.
    void follow_packet(Memory& memory);
    /// Lets `data` and `data_end` show a part of the packet, until its bounds move.
    void show_packet(std::uint32_t data, std::uint32_t data_end);
    /// Sockets of the run; null where there can be none. Their addresses stay the same in all runs.
    [[nodiscard]] SocketTable* sockets() { return sockets_.get(); }
    /// Bytes with pointer fields zeroed, for results.
    [[nodiscard]] Bytes without_pointers() const;
    /// The packet for results, as the kernel's test-run returns it. Where the Ethernet header was
    /// taken off before the run, 14 zero bytes stand in its place; a flow dissector's result is its
    /// `struct bpf_flow_keys`.
    [[nodiscard]] std::optional<Bytes> packet_afterwards() const;

private:
    Context(const ContextLayout& layout, Packet* packet) : layout_(&layout), packet_(packet) {}
    Result<void> fill(const RunInput& input);
    Result<void> take_bytes(const Bytes& raw);
    Result<void> take_packet(const RunInput& input);
    void place_sockets(const RunInput& input);
    void place_packet();
    void place_flow_keys();
    void store_packet_bounds();
    void place_region(Memory& memory);
    void store(const ContextFieldInfo& field, std::uint64_t value);
    void store_if_known(std::string_view field, std::uint64_t value);
    [[nodiscard]] std::uint64_t load(const ContextFieldInfo& field) const;
    [[nodiscard]] std::optional<ContextFieldInfo> find(std::string_view field) const;
    [[nodiscard]] Error unknown_field(std::string_view field) const;

    const ContextLayout* layout_;
    Bytes bytes_;
    Bytes first_bytes_;  ///< As the first run finds them.
    Bytes frame_;        ///< The packet as the first run finds it, with its Ethernet header.
    Bytes flow_keys_;    ///< Flow dissectors only: what the field `flow_keys` points to.
    std::shared_ptr<SocketTable> sockets_;
    std::vector<std::uint32_t> hidden_;  ///< Offsets of addresses that no field tells of.
    Packet* packet_;
    std::uint64_t packet_region_ = 0;       ///< Where the packet's region begins now.
    std::uint64_t packet_region_size_ = 0;  ///< 0: there is none.
};

}  // namespace bpftwin
