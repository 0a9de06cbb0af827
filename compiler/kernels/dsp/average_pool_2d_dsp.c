/* AVERAGE_POOL_2D, int8, of windows that see a whole image. */
#include "average_pool_2d_dsp.h"

#include "loops_dsp.h"

void tml_average_pool_2d_dsp(const struct tml_average_pool_2d_dsp *p, const int8_t *input,
                             int8_t *output)
{
    const int32_t pixels = p->pixels, depth = p->depth;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        for (int32_t channel = 0; channel < depth; channel++) {
            const int8_t *in = input++;
            int32_t sum = 0;
            TML_ROLLED
            for (int32_t left = pixels; left > 0; left--) {
                sum += *in;
                in += depth;
            }
            /* To nearest, ties away from zero. */
            int32_t half = pixels / 2;
            *output++ = (int8_t)((sum > 0 ? sum + half : sum - half) / pixels);
        }
        input += (pixels - 1) * depth;
    }
}
