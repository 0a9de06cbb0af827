/* What the kernels with channels know of each, and how accumulators become outputs. */
#ifndef TML_CHANNELS_DSP_H
#define TML_CHANNELS_DSP_H

#include <stdint.h>

#include "requantize_dsp.h"

/* Accumulators that are stored at once. */
#define TML_SUMS_DSP 4

struct tml_channels_dsp {
    int32_t count;
    int32_t step;   /* 1 where each channel has its multiplier and exponent, else 0 */
    int32_t offset; /* of tml_requantize_dsp */
};

struct tml_constants_dsp {
    const int8_t *weights;
    const int32_t *bias; /* the input's zero point is in it, where a kernel says so */
    const int32_t *multiplier;
    const int8_t *exponent;
};

/* Write the outputs of `count` channels from `first` on; bias is in the sums. */
static inline void tml_store_dsp(const struct tml_channels_dsp *p,
                                 const struct tml_constants_dsp *constants, const int32_t *sums,
                                 int32_t first, int32_t count, int8_t *output)
{
    const int32_t *multiplier = constants->multiplier + first * p->step;
    const int8_t *exponent = constants->exponent + first * p->step;
    for (int32_t i = 0; i < count; i++) {
        output[first + i] = tml_requantize_dsp(sums[i], *multiplier, *exponent, p->offset);
        multiplier += p->step;
        exponent += p->step;
    }
}

#endif
