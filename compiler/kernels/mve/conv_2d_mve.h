#ifndef TML_CONV_2D_MVE_H
#define TML_CONV_2D_MVE_H

#include <stdint.h>

#include "requantize_mve.h"
#include "window.h"

struct tml_conv_2d_mve {
    struct tml_window window;
    int32_t input_depth, output_depth;
    int32_t taps;    /* bytes of a filter */
    int32_t stride;  /* bytes from one pixel's window to the next, where they are copied */
    int32_t group;   /* pixels whose windows are copied, or taken, together */
    int32_t padding; /* what lies around the input: its zero point */
    struct tml_output_mve output;
};

/* Row-major int8: input [batch, y, x, depth], filter [out, y, x, depth]. Each bias has the
 * filter's sum times the input's offset in it. No shift is to the left.
 *
 * `window` copies windows into `scratch`, of `stride` times the group. `point` takes pixels
 * where they are: its window is one pixel and goes to each. No group has less than four
 * pixels. `full` clamps to int8 and no further, and so do all that end in `rectified` or in a
 * number, which want a zero of -128 (tml_rectify_mve); a number of vectors is that of filters
 * kept in registers, and of points those with `whole` want full ones, and `halves` pixels of 8 bytes. */
#define TML_DECLARE_WINDOW_MVE(name)                                                           \
    void tml_conv_2d_mve_##name(const struct tml_conv_2d_mve *p, const int8_t *input,          \
                                const int8_t *filter, const int32_t *bias,                     \
                                const int32_t *multiplier, const int8_t *shift,                \
                                int8_t *scratch, int8_t *output)
#define TML_DECLARE_POINT_MVE(name)                                                            \
    void tml_conv_2d_mve_##name(const struct tml_conv_2d_mve *p, const int8_t *input,          \
                                const int8_t *filter, const int32_t *bias,                     \
                                const int32_t *multiplier, const int8_t *shift,                \
                                int8_t *output)

TML_DECLARE_WINDOW_MVE(window);
TML_DECLARE_WINDOW_MVE(window_full);
TML_DECLARE_WINDOW_MVE(window_rectified);
TML_DECLARE_WINDOW_MVE(window_1);
TML_DECLARE_WINDOW_MVE(window_2);
TML_DECLARE_WINDOW_MVE(window_3);
TML_DECLARE_WINDOW_MVE(window_4);
TML_DECLARE_POINT_MVE(point);
TML_DECLARE_POINT_MVE(point_full);
TML_DECLARE_POINT_MVE(point_rectified);
TML_DECLARE_POINT_MVE(point_halves);
TML_DECLARE_POINT_MVE(point_1);
TML_DECLARE_POINT_MVE(point_2);
TML_DECLARE_POINT_MVE(point_3);
TML_DECLARE_POINT_MVE(point_4);
TML_DECLARE_POINT_MVE(point_whole_1);
TML_DECLARE_POINT_MVE(point_whole_2);
TML_DECLARE_POINT_MVE(point_whole_3);
TML_DECLARE_POINT_MVE(point_whole_4);

#endif
