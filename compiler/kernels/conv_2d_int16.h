#ifndef TML_CONV_2D_INT16_H
#define TML_CONV_2D_INT16_H

#include <stdint.h>

#include "window.h"

/* Each of `groups` sees `filter_depth` channels of the input. */
struct tml_conv_2d_int16 {
    struct tml_window window;
    int32_t groups, filter_depth, output_depth;
    int32_t activation_min, activation_max;
    int32_t channel_step; /* 1 where each channel has its multiplier and shift, else 0 */
    int32_t bias_words;   /* of each channel */
};

/* Row-major: input [batch, y, x, depth], filter [out, y, x, depth of a group]. bias may be null. */
void tml_conv_2d_int16(const struct tml_conv_2d_int16 *p, const int16_t *input,
                       const int8_t *filter, const int32_t *bias, const int16_t *multiplier,
                       const int8_t *shift, int16_t *output);

#endif
