// Layout of the `packets` input: Ethernet frames, each in a slot of 64 bytes.
#pragma once

#define PACKET 64
#define ETHERNET 14
