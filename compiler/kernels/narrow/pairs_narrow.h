/* Sums of products, two channels to a multiplication.
 *
 * x * (w0 + w1 * 2^16) has x * w0 in its lower half and x * w1 in the upper one. Products are added
 * in runs, so short that neither sum leaves its 16 bits; each begins at 2^15, so that the lower half
 * is never negative and the upper one is not touched by it. */
#ifndef TML_PAIRS_NARROW_H
#define TML_PAIRS_NARROW_H

#include <stdint.h>

/* Adds up `taps` inputs by four channels, which `words` has in two words for each tap: `whole` of
 * them, at most all, in runs of `length` (8, 4, 3 or 2, a divisor), the rest one by one. sums[0] and
 * sums[2] are 2^15 too large for each run. Returns the words behind those that it took. */
const int32_t *tml_pairs_narrow(const int8_t *x, int32_t taps, int32_t length, int32_t whole,
                                const int32_t *words, int32_t sums[4]);

#endif
