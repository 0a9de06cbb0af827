#ifndef TML_DEPTHWISE_CONV_2D_MVE_H
#define TML_DEPTHWISE_CONV_2D_MVE_H

#include <stdint.h>

#include "requantize_mve.h"
#include "window.h"

/* A window has at most 16 taps, and no dilation. */
struct tml_depthwise_conv_2d_mve {
    struct tml_window window;
    int32_t depth;
    int32_t columns; /* from the first that a row of windows covers to behind the last */
    int32_t padding; /* what lies around the input: its zero point */
    struct tml_output_mve output;
};

/* Row-major int8 [batch, y, x, depth]. Each bias has its filter's sum times the input's offset
 * in it. No shift is to the left. Arrays go on to a multiple of four channels: filter
 * [channel / 4][4 * taps and a zero], each filter of them column by column.
 *
 * `scratch` holds the rows under the windows, each channel's apart and column by column, and
 * 16 bytes more: columns * height for each of the channels, rounded up to 8. That ending in
 * `rectified` wants such an output (tml_rectify_mve). */
#define TML_DECLARE_DEPTHWISE_MVE(name)                                                        \
    void tml_depthwise_conv_2d_mve##name(                                                      \
        const struct tml_depthwise_conv_2d_mve *p, const int8_t *input, const int8_t *filter,  \
        const int32_t *bias, const int32_t *multiplier, const int8_t *shift, int8_t *scratch,  \
        int8_t *output)

TML_DECLARE_DEPTHWISE_MVE();
TML_DECLARE_DEPTHWISE_MVE(_rectified);

#endif
