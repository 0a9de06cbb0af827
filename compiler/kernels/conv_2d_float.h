#ifndef TML_CONV_2D_FLOAT_H
#define TML_CONV_2D_FLOAT_H

#include <stdint.h>

#include "clamp_float.h"
#include "window.h"

/* Each of `groups` sees `filter_depth` channels of the input. */
struct tml_conv_2d_float {
    struct tml_window window;
    int32_t groups, filter_depth, output_depth;
    struct tml_ends_float ends;
};

/* Row-major: input [batch, y, x, depth], filter [out, y, x, depth of a group]. bias may be null. */
void tml_conv_2d_float(const struct tml_conv_2d_float *p, const float *input, const float *filter,
                       const float *bias, float *output);

#endif
