/* MUL, int8. */
#include "mul.h"

#include "requantize.h"

void tml_mul(const struct tml_mul *p, const int8_t *first, const int8_t *second, int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t product = (first[i] + p->first_offset) * (second[i] + p->second_offset);
        product = tml_requantize(product, p->output_multiplier, p->output_shift);
        output[i] = tml_clamp(product + p->output_offset, p->activation_min, p->activation_max);
    }
}

TML_DEFINE_BROADCAST(mul, int8_t)
