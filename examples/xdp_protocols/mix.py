#!/usr/bin/env python3
"""Writes mix.pcap: one packet of each kind that the examples tell apart, always the same bytes."""
import struct
import sys

ETHER = bytes.fromhex("020000000001 020000000002")
IPV6 = bytes.fromhex("20010db8000000000000000000000001 20010db8000000000000000000000002")


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ethernet(kind, payload, tags=b""):
    return ETHER + tags + struct.pack(">H", kind) + payload


def ipv4(protocol, payload):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0,
                       bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def ipv6(protocol, payload):
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + IPV6 + payload


def tcp(port):
    return struct.pack(">HHIIBBHHH", 40000, port, 1, 0, 0x50, 0x02, 64240, 0, 0)


def udp(port, data=b"hello"):
    return struct.pack(">HHHH", 40000, port, 8 + len(data), 0) + data


PING = struct.pack(">BBHHH", 8, 0, 0xF7FD, 1, 1)
PING6 = struct.pack(">BBHHH", 128, 0, 0, 1, 1)
ARP = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + ETHER[6:] + bytes([192, 0, 2, 1]) + bytes(6) + \
    bytes([192, 0, 2, 2])
TAG = struct.pack(">HH", 0x8100, 10)

PACKETS = [
    ethernet(0x0800, ipv4(6, tcp(80))),
    ethernet(0x0800, ipv4(6, tcp(23))),
    ethernet(0x0800, ipv4(17, udp(53))),
    ethernet(0x0800, ipv4(1, PING)),
    ethernet(0x86DD, ipv6(6, tcp(443))),
    ethernet(0x86DD, ipv6(17, udp(53))),
    ethernet(0x86DD, ipv6(58, PING6)),
    ethernet(0x0806, ARP),
    ethernet(0x0800, ipv4(17, udp(4789)), TAG),
    ethernet(0x86DD, ipv6(6, tcp(22)), TAG + TAG),
    ethernet(0x0800, ipv4(6, tcp(80))[:12]),
    ethernet(0x88CC, bytes.fromhex("0207040200000000010000")),
]

with open(sys.argv[1] if len(sys.argv) > 1 else "mix.pcap", "wb") as out:
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    for second, packet in enumerate(PACKETS):
        out.write(struct.pack("<IIII", second, 0, len(packet), len(packet)) + packet)
