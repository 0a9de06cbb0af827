/* REDUCE_MAX, int8. */
#include "reduce_max.h"

static int8_t tml_greatest(const struct tml_loops *loops, const int8_t *input)
{
    int8_t greatest = INT8_MIN;
    for (int32_t i = 0; i < loops->extent[0]; i++) {
        for (int32_t j = 0; j < loops->extent[1]; j++) {
            const int8_t *in = input + tml_place(loops, i, j, 0);
            for (int32_t k = 0; k < loops->extent[2]; k++) {
                greatest = *in > greatest ? *in : greatest;
                in += loops->step[2];
            }
        }
    }
    return greatest;
}

void tml_reduce_max(const struct tml_reduction *p, const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < p->kept.extent[0]; i++) {
        for (int32_t j = 0; j < p->kept.extent[1]; j++) {
            for (int32_t k = 0; k < p->kept.extent[2]; k++) {
                *output++ = tml_greatest(&p->reduced, input + tml_place(&p->kept, i, j, k));
            }
        }
    }
}
