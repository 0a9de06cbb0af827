#ifndef TML_DEPTHWISE_CONV_2D_FLOAT_H
#define TML_DEPTHWISE_CONV_2D_FLOAT_H

#include <stdint.h>

#include "clamp_float.h"
#include "window.h"

struct tml_depthwise_conv_2d_float {
    struct tml_window window;
    int32_t input_depth, depth_multiplier;
    struct tml_ends_float ends;
};

/* Row-major: input [batch, y, x, depth], filter [y, x, depth * multiplier], output as the filter's
 * last dimension. bias may be null. */
void tml_depthwise_conv_2d_float(const struct tml_depthwise_conv_2d_float *p, const float *input,
                                 const float *filter, const float *bias, float *output);

#endif
