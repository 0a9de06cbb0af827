#ifndef TML_CONV_2D_SCALAR_H
#define TML_CONV_2D_SCALAR_H

#include <stdint.h>

#include "window.h"

struct tml_conv_2d_scalar {
    struct tml_window window;
    int32_t pixels; /* of a row that are computed at a time, 1 or 2 */
    int32_t input_depth, output_depth;
    int32_t border; /* what lies around the input: its zero point */
    int32_t output_offset;
    int32_t activation_min, activation_max;
    int32_t channel_step; /* 1 where each channel has its multiplier and shift, else 0 */
};

/* Row-major int8: input [batch, y, x, depth], filter [out, y, x, depth]. The input's zero point is
 * in the bias. What the windows of `pixels` see is copied to `patches` before any is written;
 * null where a window is one pixel without a border. */
void tml_conv_2d_scalar(const struct tml_conv_2d_scalar *p, const int8_t *input,
                        const int8_t *filter, const int32_t *bias, const int32_t *multiplier,
                        const int8_t *shift, int8_t *patches, int8_t *output);

#endif
