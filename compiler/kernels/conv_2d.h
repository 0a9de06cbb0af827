#ifndef TML_CONV_2D_H
#define TML_CONV_2D_H

#include <stdint.h>

#include "window.h"

struct tml_conv_2d {
    struct tml_window window;
    int32_t input_depth, output_depth;
    int32_t input_offset, output_offset;
    int32_t activation_min, activation_max;
    int32_t channel_step; /* 1 where each channel has its multiplier and shift, else 0 */
};

/* Row-major int8: input [batch, y, x, depth], filter [out, y, x, depth]. bias may be null. */
void tml_conv_2d(const struct tml_conv_2d *p, const int8_t *input, const int8_t *filter,
                 const int32_t *bias, const int32_t *multiplier, const int8_t *shift,
                 int8_t *output);

#endif
