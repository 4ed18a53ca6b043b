// Arithmetic: products of 8 by 8 matrices of 32-bit words, the result on the stack.
#include "bench/programs/bench.h"

#define ROWS 8
#define MATRIX (ROWS * ROWS * 4)

static inline u32 cell(const u8* left, const u8* right, u32 row, u32 column) {
    u32 sum = 0;
    for (u32 at = 0; at < ROWS; ++at)
        sum += load32(left + (row * ROWS + at) * 4) * load32(right + (at * ROWS + column) * 4);
    return sum;
}

PROGRAM(matrix_multiply) {
    u32 product[ROWS * ROWS];
    u64 result = 0;
    for (u64 at = 0; at + 2 * MATRIX <= size; at += MATRIX) {
        ROLLED for (u32 row = 0; row < ROWS; ++row)
            ROLLED for (u32 column = 0; column < ROWS; ++column) product[row * ROWS + column] =
                cell(data + at, data + at + MATRIX, row, column);
        for (u32 word = 0; word < ROWS * ROWS; ++word) result = result * 31 + product[word];
    }
    return result;
}
