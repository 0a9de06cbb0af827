#ifndef TML_ROW_DSP_H
#define TML_ROW_DSP_H

#include <stdint.h>

#include "channels_dsp.h"

/* One output pixel: the products of a row of `depth` int8, a multiple of 4, with the weights of
 * every channel. The input's zero point is in the bias.
 *
 * Weights are those of pairs of channels, for each four of depth two words: of elements 0 and 2,
 * and of 1 and 3. A word has two halves of 16 bits, one for each of its elements:
 * 256 * (weight of the odd channel) + (weight of the even one). A last odd channel is paired
 * with one of zeros. */
void tml_row_dsp(const struct tml_channels_dsp *p, const int32_t *constants, int32_t depth,
                 const int8_t *row, int8_t *output);

#endif
