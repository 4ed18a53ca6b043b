// Branches: a tokeniser that counts words, numbers, strings and lines of a text.
#include "bench/programs/bench.h"

enum state { BLANK, WORD, NUMBER, STRING, ESCAPE };

static inline int is_letter(u8 c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
static inline int is_digit(u8 c) { return c >= '0' && c <= '9'; }

static inline enum state start(u8 c) {
    if (is_letter(c)) return WORD;
    if (is_digit(c)) return NUMBER;
    return c == '"' ? STRING : BLANK;
}

static inline enum state next(enum state state, u8 c) {
    switch (state) {
        case BLANK: return start(c);
        case WORD: return is_letter(c) || is_digit(c) ? WORD : start(c);
        case NUMBER: return is_digit(c) || c == '.' ? NUMBER : start(c);
        case STRING: return c == '\\' ? ESCAPE : c == '"' ? BLANK : STRING;
        case ESCAPE: return STRING;
    }
    return BLANK;
}

PROGRAM(state_machine) {
    enum state state = BLANK;
    u64 words = 0, numbers = 0, strings = 0, lines = 0;
    for (u64 at = 0; at < size; ++at) {
        enum state after = next(state, data[at]);
        words += after == WORD && state != WORD;
        numbers += after == NUMBER && state != NUMBER;
        strings += after == STRING && state == BLANK;
        lines += data[at] == '\n';
        state = after;
    }
    return words << 48 | numbers << 32 | strings << 16 | lines;
}
