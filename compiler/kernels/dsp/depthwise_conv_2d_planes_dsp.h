#ifndef TML_DEPTHWISE_CONV_2D_PLANES_DSP_H
#define TML_DEPTHWISE_CONV_2D_PLANES_DSP_H

#include <stdint.h>

#include "window.h"

struct tml_depthwise_conv_2d_planes_dsp {
    struct tml_window window; /* 3 by 3, not dilated, a stride of 1 or 2 both ways */
    int32_t depth;
    int32_t ties;    /* of tml_rescale */
    int32_t padding; /* the input's zero point, in both halves of a word */
    int32_t rows;    /* of the output, in a strip */
    int32_t planes;  /* expanded at once, 1 or 4 */
    int32_t pitch;   /* words from one row of a plane to the next */
};

/* Row-major int8: input [batch, y, x, depth]. `channels` has seven words for each: twice
 * the bias, with the input's zero point in it; a `struct tml_scale_dsp`; three rows of three weights, a byte
 * each. `scratch` has the planes of a
 * strip. */
void tml_depthwise_conv_2d_planes_dsp(const struct tml_depthwise_conv_2d_planes_dsp *p,
                                      const int8_t *input, const int32_t *channels,
                                      int32_t *scratch, int8_t *output);

#endif
