#ifndef TML_DEPTHWISE_CONV_2D_SCALAR_H
#define TML_DEPTHWISE_CONV_2D_SCALAR_H

#include <stdint.h>

#include "window.h"

struct tml_depthwise_conv_2d_scalar {
    struct tml_window window;
    int32_t depth;
    int32_t block; /* channels that are copied at a time, a divisor of the depth */
    int32_t border; /* what lies around the input: its zero point */
    int32_t output_offset;
    int32_t activation_min, activation_max;
    int32_t channel_step; /* 1 where each channel has its multiplier and shift, else 0 */
};

/* Row-major int8 [batch, y, x, depth], filter [y, x, depth]. The input's zero point is in the bias.
 * `patch` holds what a window sees of one block of channels. */
void tml_depthwise_conv_2d_scalar(const struct tml_depthwise_conv_2d_scalar *p,
                                  const int8_t *input, const int8_t *filter, const int32_t *bias,
                                  const int32_t *multiplier, const int8_t *shift, int8_t *patch,
                                  int8_t *output);

#endif
