/* A function of one int8 that is a line with steps and ends, found at compile time and tried for
 * every value. */
#include "affine_proven.h"

void tml_affine_proven(const struct tml_affine_proven *p, const int8_t *input, int8_t *output)
{
    const struct tml_affine_proven k = *p; /* in registers: the output might lie over *p */
    for (int32_t i = 0; i < k.elements; i++) {
        output[i] = tml_rounded((input[i] + k.input_offset) * k.factor, &k.rounding);
    }
}
