#include "cli/packets.h"

#include <cstdio>
#include <cstring>
#include <fstream>

#include "cli/hex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bpftwin::cli {
namespace {

using testing::HasSubstr;

/// A file that is removed at the end.
struct TempFile {
    std::string path = testing::TempDir() + "bpftwin_packets_" +
                       testing::UnitTest::GetInstance()->current_test_info()->name();
    ~TempFile() { std::remove(path.c_str()); }

    void write(const Bytes& bytes) const {
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    }
};

Result<PacketStream> open(std::vector<std::string> sources) { return PacketStream::open(sources); }

Result<std::vector<InputPacket>> read_all(std::vector<std::string> sources) {
    auto stream = open(std::move(sources));
    if (!stream) return std::unexpected(stream.error());
    std::vector<InputPacket> packets;
    while (true) {
        auto packet = stream->next();
        if (!packet) return std::unexpected(packet.error());
        if (!*packet) return packets;
        packets.push_back(std::move(**packet));
    }
}

void write_capture(const std::string& path, const std::vector<InputPacket>& packets) {
    auto writer = PacketWriter::create(path, PacketStream::ethernet);
    ASSERT_TRUE(writer) << writer.error().message;
    for (const InputPacket& packet : packets) writer->write(packet, packet.bytes);
    ASSERT_TRUE(writer->finish());
}

InputPacket packet_at(std::int64_t seconds, std::int64_t nanoseconds, std::string_view hex_text) {
    return {parse_hex(hex_text).value(), "", seconds, nanoseconds, 0};
}

/// A pcapng section with one Ethernet interface and one packet of 6 bytes.
Bytes small_pcapng() {
    return parse_hex(
               "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
               "01000000 14000000 0100 0000 00000000 14000000"
               "06000000 28000000 00000000 00000000 40420f00 06000000 06000000 0102030405060000 "
               "28000000")
        .value();
}

TEST(packets, hex_text_is_one_packet) {
    auto packets = read_all({"hex:0102 03", "hex:"});
    ASSERT_TRUE(packets);
    ASSERT_EQ(packets->size(), 2u);
    EXPECT_EQ(hex((*packets)[0].bytes), "01 02 03");
    EXPECT_TRUE((*packets)[1].bytes.empty());
}

TEST(packets, survive_a_capture_file_with_their_times) {
    TempFile file;
    write_capture(file.path, {packet_at(5, 123456789, "0102"), packet_at(6, 1, "")});
    auto packets = read_all({file.path});
    ASSERT_TRUE(packets) << packets.error().message;
    ASSERT_EQ(packets->size(), 2u);
    EXPECT_EQ(hex((*packets)[0].bytes), "01 02");
    EXPECT_EQ((*packets)[0].seconds, 5);
    EXPECT_EQ((*packets)[0].nanoseconds, 123456789);
    EXPECT_EQ((*packets)[1].origin, file.path + ": packet 2");
}

TEST(packets, come_from_pcapng_too) {
    TempFile file;
    file.write(small_pcapng());
    auto packets = read_all({file.path});
    ASSERT_TRUE(packets) << packets.error().message;
    ASSERT_EQ(packets->size(), 1u);
    EXPECT_EQ(hex((*packets)[0].bytes), "01 02 03 04 05 06");
    EXPECT_EQ((*packets)[0].seconds, 1);
}

TEST(packets, several_sources_follow_each_other) {
    TempFile file;
    write_capture(file.path, {packet_at(0, 0, "aa")});
    auto packets = read_all({"hex:01", file.path, "hex:02"});
    ASSERT_TRUE(packets);
    ASSERT_EQ(packets->size(), 3u);
    EXPECT_EQ(hex((*packets)[1].bytes), "aa");
}

TEST(packets, every_truncation_of_a_capture_is_an_error_or_an_end) {
    TempFile file;
    Bytes whole = small_pcapng();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        file.write(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
        auto packets = read_all({file.path});
        if (packets) {
            EXPECT_TRUE(packets->empty()) << size;
        } else {
            EXPECT_THAT(packets.error().message, HasSubstr(file.path)) << size;
        }
    }
}

TEST(packets, errors_name_the_source_once) {
    EXPECT_EQ(
        read_all({"/nonexistent.pcap"}).error().message,
        "/nonexistent.pcap: No such file or directory; give a pcap or pcapng file, or hex:BYTES");
    EXPECT_EQ(read_all({"hex:0"}).error().message,
              "--packet hex:0: the hex digit at 0 lacks its second half");
    TempFile file;
    file.write(parse_hex("7f454c46").value());
    EXPECT_THAT(read_all({file.path}).error().message, HasSubstr(file.path + ": "));
}

TEST(packets, of_different_link_types_do_not_mix) {
    TempFile file;
    constexpr int raw_ip = 12;
    ASSERT_TRUE(PacketWriter::create(file.path, raw_ip)->finish());
    EXPECT_THAT(open({"hex:01", file.path}).error().message,
                HasSubstr("link type RAW differs from EN10MB"));
}

TEST(packets, progress_ends_at_one) {
    auto stream = open({"hex:01", "hex:02"});
    ASSERT_TRUE(stream);
    EXPECT_EQ(stream->progress(), 0);
    ASSERT_TRUE(stream->next());
    EXPECT_EQ(stream->progress(), 0.5);
    while (stream->next()->has_value()) {
    }
    EXPECT_EQ(stream->progress(), 1);
}

TEST(packets, a_full_disk_is_reported) {
    auto writer = PacketWriter::create("/dev/full", PacketStream::ethernet);
    if (!writer) {
        EXPECT_THAT(writer.error().message, HasSubstr("/dev/full"));
        return;
    }
    writer->write(packet_at(0, 0, "0102"), parse_hex("0102").value());
    EXPECT_EQ(writer->finish().error().message, "--packet-out: /dev/full: No space left on device");
}

}  // namespace
}  // namespace bpftwin::cli
