/* A function of one int8 that is a line with steps and ends: clamp((factor * x + offset) >> shift),
 * found at compile time and tried for every x. */
#include "affine_proven.h"

#include "requantize.h"

void tml_affine_proven(const struct tml_affine_proven *p, const int8_t *input, int8_t *output)
{
    const struct tml_affine_proven k = *p; /* in registers: the output might lie over *p */
    for (int32_t i = 0; i < k.elements; i++) {
        int32_t y = (input[i] * k.factor + k.offset) >> k.shift;
        output[i] = tml_clamp(y, k.activation_min, k.activation_max);
    }
}
