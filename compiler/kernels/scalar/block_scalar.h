/* Small products of matrices, where one pair of numbers is multiplied at a time.
 *
 * A block takes rows of `length` bytes and adds up the products of each of one side with each of
 * the other, so that a byte is loaded once for several products. */
#ifndef TML_BLOCK_SCALAR_H
#define TML_BLOCK_SCALAR_H

#include <stdint.h>

/* sums[2 * pixel + channel] of two pixels by two channels; `length` is at least 1. */
void tml_block_2x2(const int8_t *const x[2], const int8_t *w0, const int8_t *w1, int32_t length,
                   int32_t sums[4]);

/* sums[channel] of one pixel by two channels; `length` is at least 1. */
void tml_block_1x2(const int8_t *x, const int8_t *w0, const int8_t *w1, int32_t length,
                   int32_t sums[2]);

#endif
