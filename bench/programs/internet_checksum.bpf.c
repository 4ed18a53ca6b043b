// Checksum: RFC 1071 sums over the IPv4 header and the payload of each packet.
#include "bench/programs/bench.h"
#include "bench/programs/packet.h"

static inline u16 checksum(const u8* from, u32 bytes) {
    u32 sum = 0;
    for (u32 at = 0; at < bytes; at += 2) sum += load16(from + at);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return ~sum;
}

PROGRAM(internet_checksum) {
    u64 result = 0;
    for (u64 packet = 0; packet + PACKET <= size; packet += PACKET) {
        const u8* header = data + packet + ETHERNET;
        u32 length = (header[0] & 15) * 4;
        result = result * 3 + checksum(header, length);
        if (length < PACKET - ETHERNET)
            result += checksum(header + length, PACKET - ETHERNET - length);
    }
    return result;
}
