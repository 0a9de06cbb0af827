/* From sums to outputs, channel by channel. */
#include "channels_dsp.h"

#include "loops_dsp.h"
#include "requantize_dsp.h"

void tml_store_dsp(const struct tml_channels_dsp *p, const struct tml_constants_dsp *constants,
                   const int32_t *sums, int32_t first, int8_t *output)
{
    const int32_t *bias = constants->bias + first;
    const int32_t *multiplier = constants->multiplier + first * p->step;
    const int8_t *exponent = constants->exponent + first * p->step;
    int32_t left = p->count - first > TML_SUMS_DSP ? TML_SUMS_DSP : p->count - first;
    output += first;
    TML_ROLLED
    do {
        int32_t sum = *sums++ + *bias++;
        *output++ = tml_requantize_dsp(sum, *multiplier, *exponent, p->offset);
        multiplier += p->step;
        exponent += p->step;
    } while (--left > 0);
}
