; Reads 8 bytes behind the packet's first 14, whatever its length.
; type: xdp
r1 = *(u32 *)(r1 +0)
r0 = *(u64 *)(r1 +14)
r0 = 1
exit
