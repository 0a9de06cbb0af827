#ifndef TML_AVERAGE_POOL_2D_DSP_H
#define TML_AVERAGE_POOL_2D_DSP_H

#include <stdint.h>

struct tml_average_pool_2d_dsp {
    int32_t batches, pixels, depth;
};

/* Row-major int8: of each image [pixel, depth] the mean of all pixels; all of int8 is let through. */
void tml_average_pool_2d_dsp(const struct tml_average_pool_2d_dsp *p, const int8_t *input,
                             int8_t *output);

#endif
