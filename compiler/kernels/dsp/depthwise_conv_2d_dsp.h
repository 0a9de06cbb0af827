#ifndef TML_DEPTHWISE_CONV_2D_DSP_H
#define TML_DEPTHWISE_CONV_2D_DSP_H

#include <stdint.h>

#include "channels_dsp.h"
#include "window.h"

struct tml_depthwise_conv_2d_dsp {
    struct tml_window window;
    int32_t input_offset; /* twice, in the halves of a word */
    struct tml_channels_dsp channels;
};

/* Row-major int8: input [batch, y, x, depth], weights [y, x, depth]; depth is at least 4.
 * The window is not dilated. */
void tml_depthwise_conv_2d_dsp(const struct tml_depthwise_conv_2d_dsp *p, const int8_t *input,
                               const int32_t *constants, int8_t *output);

#endif
