/* What the kernels with channels know of each, and how accumulators become outputs. */
#ifndef TML_CHANNELS_DSP_H
#define TML_CHANNELS_DSP_H

#include <stdint.h>

/* Accumulators that are stored at once. */
#define TML_SUMS_DSP 4

struct tml_channels_dsp {
    int32_t count;
    int32_t step;   /* 1 where each channel has its multiplier and exponent, else 0 */
    int32_t offset; /* of tml_requantize_dsp */
};

/* The words of an operator: bias and multiplier of each channel, weights, and exponents, a byte
 * each. The input's zero point is in the bias where a kernel says so. */
struct tml_constants_dsp {
    const int32_t *bias, *multiplier;
    const int8_t *weights, *exponent;
};

/* `size` is that of the weights in bytes. */
static inline struct tml_constants_dsp tml_constants_of(const struct tml_channels_dsp *p,
                                                        const int32_t *words, int32_t size)
{
    const int32_t *multiplier = words + p->count;
    const int8_t *weights = (const int8_t *)(multiplier + (p->step ? p->count : 1));
    struct tml_constants_dsp constants = {words, multiplier, weights, weights + size};
    return constants;
}

/* Write the outputs of the next TML_SUMS_DSP channels, or as many as there are, from `first` on. */
void tml_store_dsp(const struct tml_channels_dsp *p, const struct tml_constants_dsp *constants,
                   const int32_t *sums, int32_t first, int8_t *output);

#endif
