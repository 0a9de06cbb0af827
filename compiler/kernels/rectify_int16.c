/* RELU and RELU6, int16. */
#include "rectify_int16.h"

#include "clamp_int16.h"
#include "requantize.h"

void tml_rectify_int16(const struct tml_rectify_int16 *p, const int16_t *input, int16_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t x = tml_requantize(input[i], p->multiplier, p->shift);
        output[i] = tml_clamp_int16(x, p->activation_min, p->activation_max);
    }
}
