// Parsing: Ethernet, IPv4 or IPv6, then TCP or UDP, with the bounds checks an XDP program has.
#include "bench/programs/bench.h"
#include "bench/programs/packet.h"

enum { OTHER, TCP, UDP, CUT };

struct verdict {
    u32 kind;
    u32 port;
};

static inline struct verdict parse_ports(const u8* at, const u8* end, u8 protocol) {
    if (protocol != 6 && protocol != 17) return (struct verdict){OTHER, protocol};
    if (at + 4 > end) return (struct verdict){CUT, 0};
    return (struct verdict){protocol == 6 ? TCP : UDP, swap16(load16(at + 2))};
}

static inline struct verdict parse_ipv4(const u8* at, const u8* end) {
    if (at + 20 > end) return (struct verdict){CUT, 0};
    u32 length = (at[0] & 15) * 4;
    if (length < 20) return (struct verdict){CUT, 0};
    return parse_ports(at + length, end, at[9]);
}

static inline struct verdict parse_ipv6(const u8* at, const u8* end) {
    if (at + 40 > end) return (struct verdict){CUT, 0};
    return parse_ports(at + 40, end, at[6]);
}

static inline struct verdict parse(const u8* at, const u8* end) {
    if (at + ETHERNET > end) return (struct verdict){CUT, 0};
    switch (swap16(load16(at + 12))) {
        case 0x0800: return parse_ipv4(at + ETHERNET, end);
        case 0x86dd: return parse_ipv6(at + ETHERNET, end);
        default: return (struct verdict){OTHER, 0};
    }
}

PROGRAM(packet_parse) {
    u64 result = 0;
    for (u64 packet = 0; packet + PACKET <= size; packet += PACKET) {
        struct verdict verdict = parse(data + packet, data + packet + PACKET);
        result = result * 5 + verdict.kind * 65536 + verdict.port;
    }
    return result;
}
