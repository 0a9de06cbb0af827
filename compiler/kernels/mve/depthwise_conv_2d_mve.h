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

/* Row-major int8 [batch, y, x, depth]. For each four channels, of which the last may lack some,
 * `filter` has 4 * taps and a zero, each filter of them column by column, and `numbers` four
 * biases, multipliers and shifts. Each bias has its filter's sum times the input's offset in
 * it; no shift is to the left.
 *
 * `scratch` holds the rows under the windows, each channel's apart and column by column:
 * columns * height for each channel, up to three of them more, and 16 bytes. That ending in
 * `rectified` wants such an output (tml_rectify_mve). */
#define TML_DECLARE_DEPTHWISE_MVE(name)                                                        \
    void tml_depthwise_conv_2d_mve##name(                                                      \
        const struct tml_depthwise_conv_2d_mve *p, const int8_t *input, const int8_t *filter,  \
        const int32_t *numbers, int8_t *scratch, int8_t *output)

TML_DECLARE_DEPTHWISE_MVE();
TML_DECLARE_DEPTHWISE_MVE(_rectified);

#endif
