// Packet memory below 4 GiB, so that the 32-bit `data` and `data_end` fields of UAPI contexts hold
// real addresses. Layout as the kernel's test-run: head room, data, tail room in one buffer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "bpftwin/error.h"
#include "bpftwin/network.h"

namespace bpftwin {

/// The segment routing header of a packet, as programs of type lwt_seg6local change it (struct
/// seg6_bpf_srh_state).
struct SegmentHeader {
    std::uint32_t address = 0;  ///< 0: the packet has none.
    std::uint16_t size = 0;     ///< Behind its first 8 bytes, whatever the header itself says.
    bool is_valid = false;      ///< As far as is known.
};

/// What a socket buffer carries besides its bytes and the fields of its context.
struct SkbState {
    bool hash_is_chosen = false;  ///< A program chose the flow's hash, which may be 0 (`l4_hash`).
    bool encapsulated = false;    ///< `skb->encapsulation`.
    /// `csum_level` of CHECKSUM_UNNECESSARY; none: CHECKSUM_NONE.
    std::optional<std::uint8_t> checksum_level = {};
    /// Tunnel that a program chose, in place of the one the packet came through.
    std::optional<TunnelKey> tunnel = {};
    /// None: nobody asked yet.
    std::optional<SegmentHeader> segments = {};
};

/// A packet buffer. `meta <= data <= data_end <= end of the buffer`, as addresses below 4 GiB.
class Packet {
public:
    static constexpr std::uint32_t head_room = 256;  ///< XDP_PACKET_HEADROOM.
    /// Room in front of that for socket buffers, which the kernel reallocates as they grow.
    static constexpr std::uint32_t skb_room = 16384;
    static constexpr std::uint32_t max_size = 65535;  ///< Longest packet in bytes.
    static constexpr std::uint32_t tail_room = 512;
    /// A page less `struct skb_shared_info`: what one XDP frame of the kernel's test-run holds.
    static constexpr std::uint32_t frame_size = 4096 - 320;

    /// Maps a buffer; an Error when the system has no memory below 4 GiB left.
    static Result<std::unique_ptr<Packet>> create();
    ~Packet();
    Packet(const Packet&) = delete;
    Packet& operator=(const Packet&) = delete;

    /// Places `bytes` after a fresh head room, without metadata. The head room is zero; what
    /// lies behind the packet is unspecified. At most `max_size` bytes.
    void reset(ByteView bytes);
    [[nodiscard]] ByteView bytes() const;

    [[nodiscard]] std::uint32_t data() const { return data_; }
    [[nodiscard]] std::uint32_t data_end() const { return data_end_; }
    [[nodiscard]] std::uint32_t meta() const { return meta_; }
    [[nodiscard]] std::uint32_t size() const { return data_end_ - data_; }
    /// First and one-past-last address of the whole buffer.
    [[nodiscard]] std::uint32_t buffer_begin() const { return begin_; }
    [[nodiscard]] std::uint32_t buffer_end() const;
    /// How far a socket buffer may grow to the front.
    [[nodiscard]] std::uint32_t skb_begin() const { return begin_ - skb_room; }
    /// Where the kernel's XDP frame ends (`data_hard_end`): tails grow no further in XDP programs.
    [[nodiscard]] std::uint32_t frame_end() const { return frame_end_; }
    /// The Ethernet header of program types that have one (SKF_LL_OFF, BPF_HDR_START_MAC), whether
    /// or not `data` includes it: at first the first byte that `reset` placed.
    [[nodiscard]] std::uint32_t link_header() const { return link_header_; }
    /// Behind the Ethernet header (SKF_NET_OFF, BPF_HDR_START_NET).
    [[nodiscard]] std::uint32_t network_header() const { return network_header_; }
    void place_headers(std::uint32_t link, std::uint32_t network) {
        link_header_ = link;
        network_header_ = network;
    }

    [[nodiscard]] SkbState& skb() { return skb_; }
    [[nodiscard]] const SkbState& skb() const { return skb_; }

    /// Moves the bounds; the caller has checked them against the buffer.
    void move(std::uint32_t meta, std::uint32_t data, std::uint32_t data_end);

private:
    explicit Packet(std::uint32_t begin) : begin_(begin) {}

    std::uint32_t begin_;
    std::uint32_t meta_ = 0;
    std::uint32_t data_ = 0;
    std::uint32_t data_end_ = 0;
    std::uint32_t frame_end_ = 0;
    std::uint32_t link_header_ = 0;
    std::uint32_t network_header_ = 0;
    SkbState skb_;
};

}  // namespace bpftwin
