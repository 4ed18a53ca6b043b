// A pulse or space of an infrared remote control.
//! covers: program type lirc_mode2
#include <linux/lirc.h>
#include "case.h"

//! test: the kind is in the upper byte, the microseconds in the rest
//! run: --ctx u32[0]=0x01000384
//! expect: returned 0
//! expect: seen = {900, 1, [2 ... 7] = 0}
SEC("lirc_mode2")
int decode(unsigned int* sample) {
    SEE(0, LIRC_VALUE(*sample));
    SEE(1, LIRC_IS_PULSE(*sample));
    return 0;
}
