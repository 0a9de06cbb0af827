#ifndef TML_CONV_2D_PAIRS_DSP_H
#define TML_CONV_2D_PAIRS_DSP_H

#include <stdint.h>

#include "conv_2d_dsp.h"

/* As tml_conv_2d_dsp, two pixels at a time. `pairs` has for each pair of channels, even and odd: the
 * bias of the even one and twice that of the odd one; weights as in row_dsp.h; multiplier and
 * exponent of the even one and of the odd one. No exponent is negative. `scratch` has
 * 4 * patch.size bytes, and those of a patch that is not direct. */
void tml_conv_2d_pairs_dsp(const struct tml_conv_2d_dsp *p, const int8_t *input,
                           const int32_t *pairs, int32_t *scratch, int8_t *output);

#endif
