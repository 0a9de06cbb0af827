/* MEAN, int8: a sum, and its division in the requantisation. */
#include "mean.h"

#include "requantize.h"

static int32_t tml_mean_sum(const struct tml_loops *loops, const int8_t *input)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < loops->extent[0]; i++) {
        for (int32_t j = 0; j < loops->extent[1]; j++) {
            const int8_t *in = input + tml_place(loops, i, j, 0);
            for (int32_t k = 0; k < loops->extent[2]; k++) {
                sum += *in;
                in += loops->step[2];
            }
        }
    }
    return sum;
}

void tml_mean(const struct tml_mean *p, const int8_t *input, int8_t *output)
{
    const struct tml_loops *kept = &p->loops.kept;
    for (int32_t i = 0; i < kept->extent[0]; i++) {
        for (int32_t j = 0; j < kept->extent[1]; j++) {
            for (int32_t k = 0; k < kept->extent[2]; k++) {
                const int8_t *in = input + tml_place(kept, i, j, k);
                int32_t sum = tml_mean_sum(&p->loops.reduced, in) + p->input_sum;
                sum = tml_requantize(sum, p->multiplier, p->shift) + p->output_offset;
                *output++ = tml_clamp(sum, INT8_MIN, INT8_MAX);
            }
        }
    }
}
