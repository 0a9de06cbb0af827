/* ADD and SUB, int8: both inputs are brought to twice the greater scale, with `left_shift` bits
 * to spare. */
#include "add.h"

#include "requantize.h"

static int32_t tml_common_scale(const struct tml_addend *addend, int8_t x, int32_t left_shift)
{
    int32_t shifted = (x + addend->offset) * ((int32_t)1 << left_shift);
    return tml_requantize(shifted, addend->multiplier, addend->shift);
}

void tml_add(const struct tml_add *p, const int8_t *first, const int8_t *second, int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t sum = tml_common_scale(&p->first, first[i], p->left_shift) +
                      tml_common_scale(&p->second, second[i], p->left_shift) * p->sign;
        sum = tml_requantize(sum, p->output_multiplier, p->output_shift) + p->output_offset;
        output[i] = tml_clamp(sum, p->activation_min, p->activation_max);
    }
}

TML_DEFINE_BROADCAST(add, int8_t)
