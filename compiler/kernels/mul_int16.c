/* MUL, int16. */
#include "mul_int16.h"

#include "clamp_int16.h"
#include "requantize.h"

void tml_mul_int16(const struct tml_mul_int16 *p, const int16_t *first, const int16_t *second,
                   int16_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t product = tml_requantize(first[i] * second[i], p->multiplier, p->shift);
        output[i] = tml_clamp_int16(product, p->activation_min, p->activation_max);
    }
}

TML_DEFINE_BROADCAST(mul_int16, int16_t)
