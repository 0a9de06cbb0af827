/* Sums of products, two channels to a multiplication.
 *
 * x * (w0 + w1 * 2^16) has x * w0 in its lower half and x * w1 in the upper one. Products are added
 * in runs, so short that neither sum leaves its 16 bits with a sign. With 2^15 added the lower half
 * is never negative, and the upper one is not touched by it. */
#ifndef TML_PAIRS_NARROW_H
#define TML_PAIRS_NARROW_H

#include <stdint.h>

#include "steps_narrow.h"

/* Words of a channel of a block: its steps, and its place in the output. */
#define TML_CHANNEL_NARROW (TML_STEPS + 1)

/* Blocks of four channels of a pixel, and what is kept between them. The assembler of
 * pairs_narrow.c knows the order. */
struct tml_pairs_narrow {
    const int8_t *x, *middle, *end; /* whole runs are from x to the middle */
    const int32_t *words;           /* two for each tap of a block */
    const int32_t *channels;
    int8_t *output;
    int32_t blocks; /* at least 1; none are left */
    int32_t sums[4];
    int32_t frame; /* the frame's pointer, where a core lacks registers */
};

/* Computes the blocks with runs of `length` (8, 4, 3, 2 or 1; a divisor of what lies before the
 * middle, at least one run) and the rest one by one. Words and channels move behind those taken. */
void tml_pairs_narrow(struct tml_pairs_narrow *pairs, int32_t length);

#endif
