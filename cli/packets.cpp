#include "cli/packets.h"

#include <pcap/pcap.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/hex.h"
#include "fmt/format.h"

namespace bpftwin::cli {

class PacketSource {
public:
    virtual ~PacketSource() = default;
    virtual Result<std::optional<InputPacket>> next() = 0;
    [[nodiscard]] virtual double progress() const = 0;
    [[nodiscard]] virtual int link_type() const = 0;
};

namespace {

constexpr std::string_view hex_prefix = "hex:";
constexpr int snap_length = 262144;

struct ClosePcap {
    void operator()(pcap_t* pcap) const { pcap_close(pcap); }
};
using PcapHandle = std::unique_ptr<pcap_t, ClosePcap>;

std::string shortened(const std::string& text) {
    constexpr std::size_t limit = 24;
    return text.size() <= limit ? text : text.substr(0, limit) + "...";
}

/// libpcap's messages begin with the file's name only for some errors.
Error pcap_error(const std::string& path, std::string_view message) {
    std::string start = path + ": ";
    if (message.starts_with(start)) message.remove_prefix(start.size());
    return {fmt::format("{}: {}", path, message)};
}

Bytes copy(const void* data, std::size_t size) {
    auto bytes = static_cast<const std::byte*>(data);
    return {bytes, bytes + size};
}

/// Hex text: one packet.
class HexSource : public PacketSource {
public:
    explicit HexSource(InputPacket packet) : packet_(std::move(packet)) {}

    Result<std::optional<InputPacket>> next() override { return std::exchange(packet_, {}); }
    [[nodiscard]] double progress() const override { return packet_ ? 0 : 1; }
    [[nodiscard]] int link_type() const override { return DLT_EN10MB; }

private:
    std::optional<InputPacket> packet_;
};

/// A capture file.
class CaptureSource : public PacketSource {
public:
    CaptureSource(std::string path, PcapHandle pcap)
        : path_(std::move(path)), pcap_(std::move(pcap)) {
        struct stat status = {};
        if (stat(path_.c_str(), &status) == 0) size_ = static_cast<double>(status.st_size);
    }

    Result<std::optional<InputPacket>> next() override {
        pcap_pkthdr* header = nullptr;
        const u_char* data = nullptr;
        int got = pcap_next_ex(pcap_.get(), &header, &data);
        if (got == PCAP_ERROR_BREAK) return std::nullopt;
        std::string origin = fmt::format("{}: packet {}", path_, ++count_);
        if (got != 1) return fail(fmt::format("{}: {}", origin, pcap_geterr(pcap_.get())));
        // With PCAP_TSTAMP_PRECISION_NANO `tv_usec` holds nanoseconds.
        return InputPacket{copy(data, header->caplen), std::move(origin), header->ts.tv_sec,
                           header->ts.tv_usec, header->len};
    }
    [[nodiscard]] double progress() const override {
        return size_ > 0 ? static_cast<double>(std::ftell(pcap_file(pcap_.get()))) / size_ : 0;
    }
    [[nodiscard]] int link_type() const override { return pcap_datalink(pcap_.get()); }

private:
    std::string path_;
    PcapHandle pcap_;
    double size_ = 0;
    std::uint64_t count_ = 0;
};

Result<std::unique_ptr<PacketSource>> open_hex(const std::string& text) {
    auto bytes = parse_hex(std::string_view(text).substr(hex_prefix.size()));
    if (!bytes) return std::unexpected(bytes.error().in("--packet " + shortened(text)));
    auto size = static_cast<std::uint32_t>(bytes->size());
    InputPacket packet{std::move(*bytes), "packet " + shortened(text), 0, 0, size};
    return std::make_unique<HexSource>(std::move(packet));
}

Result<std::unique_ptr<PacketSource>> open_capture(const std::string& path) {
    char message[PCAP_ERRBUF_SIZE] = "";
    PcapHandle pcap(
        pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, message));
    if (!pcap) {
        return fail(fmt::format("{}; give a pcap or pcapng file, or hex:BYTES",
                                pcap_error(path, message).message));
    }
    return std::make_unique<CaptureSource>(path, std::move(pcap));
}

}  // namespace

PacketStream::PacketStream() : link_type_(DLT_EN10MB) {}
PacketStream::PacketStream(PacketStream&&) noexcept = default;
PacketStream::~PacketStream() = default;

Result<PacketStream> PacketStream::open(std::span<const std::string> sources) {
    PacketStream stream;
    for (const std::string& source : sources) {
        auto added = stream.add(source);
        if (!added) return std::unexpected(added.error());
    }
    stream.total_ = stream.sources_.size();
    return stream;
}

Result<void> PacketStream::add(const std::string& source) {
    auto opened = source.starts_with(hex_prefix) ? open_hex(source) : open_capture(source);
    if (!opened) return std::unexpected(opened.error());
    int link_type = (*opened)->link_type();
    if (!sources_.empty() && link_type != link_type_) {
        return fail(fmt::format("{}: link type {} differs from {} of the packets before it", source,
                                link_type_name(link_type), link_type_name(link_type_)));
    }
    link_type_ = link_type;
    sources_.push_back(std::move(*opened));
    return {};
}

Result<std::optional<InputPacket>> PacketStream::next() {
    while (!sources_.empty()) {
        auto packet = sources_.front()->next();
        if (!packet || *packet) return packet;
        sources_.pop_front();
    }
    return std::nullopt;
}

double PacketStream::progress() const {
    if (sources_.empty()) return 1;
    auto finished = static_cast<double>(total_ - sources_.size());
    return std::clamp((finished + sources_.front()->progress()) / static_cast<double>(total_), 0.0,
                      1.0);
}

std::string source_names(std::span<const std::string> sources) {
    std::string names;
    bool hex = false;
    for (const std::string& source : sources) {
        bool is_hex = source.starts_with(hex_prefix);
        if (!is_hex || !hex) names += (names.empty() ? "" : ", ") + (is_hex ? "hex text" : source);
        hex |= is_hex;
    }
    return names;
}

std::string link_type_name(int link_type) {
    const char* name = pcap_datalink_val_to_name(link_type);
    return name != nullptr ? name : fmt::format("{}", link_type);
}

struct PacketWriter::Handles {
    std::string path;
    PcapHandle pcap;
    pcap_dumper_t* dumper = nullptr;

    ~Handles() {
        if (dumper != nullptr) pcap_dump_close(dumper);
    }
};

PacketWriter::PacketWriter(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {}
PacketWriter::PacketWriter(PacketWriter&&) noexcept = default;
PacketWriter::~PacketWriter() = default;

Result<PacketWriter> PacketWriter::create(const std::string& path, int link_type) {
    auto handles = std::make_unique<Handles>();
    handles->path = path;
    handles->pcap.reset(
        pcap_open_dead_with_tstamp_precision(link_type, snap_length, PCAP_TSTAMP_PRECISION_NANO));
    handles->dumper = pcap_dump_open(handles->pcap.get(), path.c_str());
    if (handles->dumper == nullptr) {
        Error error = pcap_error(path, pcap_geterr(handles->pcap.get()));
        return std::unexpected(error.in("--packet-out"));
    }
    return PacketWriter(std::move(handles));
}

void PacketWriter::write(const InputPacket& original, ByteView bytes) {
    pcap_pkthdr header = {};
    header.ts.tv_sec = original.seconds;
    header.ts.tv_usec = original.nanoseconds;
    header.caplen = header.len = static_cast<bpf_u_int32>(bytes.size());
    pcap_dump(reinterpret_cast<u_char*>(handles_->dumper), &header,
              reinterpret_cast<const u_char*>(bytes.data()));
}

Result<void> PacketWriter::finish() {
    bool flushed = pcap_dump_flush(handles_->dumper) == 0;
    if (flushed && std::ferror(pcap_dump_file(handles_->dumper)) == 0) return {};
    return fail(fmt::format("--packet-out: {}: {}", handles_->path, std::strerror(errno)));
}

}  // namespace bpftwin::cli
