// What a program makes of an infrared remote control's pulses: keys and movements.
//! covers: helper rc_repeat
//! covers: helper rc_keydown
//! covers: helper rc_pointer_rel
//! since: 5.0
#include "case.h"

//! test: a key is pressed, held, and the pointer moves
//! run: --prog report --ctx u32[0]=0x01000384
//! expect: remote keydown protocol 4 scancode 0x1234567890 toggle
//! expect: remote repeat
//! expect: remote pointer 3 -4
//! expect: seen = {[0 ... 7] = 0}
SEC("lirc_mode2")
int report(unsigned int* sample) {
    SEE_INT(0, bpf_rc_keydown(sample, 4, 0x1234567890, 1));
    SEE_INT(1, bpf_rc_repeat(sample));
    SEE_INT(2, bpf_rc_pointer_rel(sample, 3, -4));
    return 0;
}
