// Packets in and out: pcap and pcapng files (by libpcap) and hex text.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "bpftwin/error.h"

namespace bpftwin::cli {

/// One packet as it was given.
struct InputPacket {
    Bytes bytes;
    std::string origin;             ///< "mix.pcap: packet 3", or "packet hex:…" shortened.
    std::int64_t seconds = 0;       ///< Capture time; 0 for hex text.
    std::int64_t nanoseconds = 0;   ///< Below 1e9.
    std::uint32_t wire_length = 0;  ///< Longer than `bytes` where the capture was cut short.
};

/// One source of packets.
class PacketSource;

/// Reads the packets of several sources one by one, so that captures of any size are fine.
class PacketStream {
public:
    /// Opens every source: "hex:…", a pcap or pcapng file, or "-" for a capture on standard input.
    static Result<PacketStream> open(std::span<const std::string> sources);
    PacketStream(PacketStream&&) noexcept;
    ~PacketStream();

    /// The next packet; nothing at the end; an Error for a damaged capture.
    Result<std::optional<InputPacket>> next();
    /// Share of the input that was read, 0 to 1; 0 where it is not known.
    [[nodiscard]] double progress() const;
    /// DLT_EN10MB, the link type of hex text.
    static constexpr int ethernet = 1;

    /// DLT_* of all sources.
    [[nodiscard]] int link_type() const { return link_type_; }

private:
    PacketStream();
    Result<void> add(const std::string& source);

    std::deque<std::unique_ptr<PacketSource>> sources_;
    std::size_t total_ = 0;
    int link_type_;
};

/// Sources by name, those in hex as one: "mix.pcap, hex text".
std::string source_names(std::span<const std::string> sources);

/// Name of a link type ("EN10MB").
std::string link_type_name(int link_type);

/// Writes a pcap file with nanosecond time stamps.
class PacketWriter {
public:
    static Result<PacketWriter> create(const std::string& path, int link_type);
    PacketWriter(PacketWriter&&) noexcept;
    ~PacketWriter();

    /// Appends `bytes` with the time of `original`.
    void write(const InputPacket& original, ByteView bytes);
    /// Writes what is buffered. @return an Error if not all of it reached the file.
    Result<void> finish();

private:
    struct Handles;
    explicit PacketWriter(std::unique_ptr<Handles> handles);
    std::unique_ptr<Handles> handles_;
};

}  // namespace bpftwin::cli
