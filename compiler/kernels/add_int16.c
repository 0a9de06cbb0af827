/* ADD and SUB, int16: both inputs are brought to twice the greater scale, with `left_shift` bits to
 * spare. */
#include "add_int16.h"

#include "clamp_int16.h"
#include "requantize.h"

void tml_add_int16(const struct tml_add_int16 *p, const int16_t *first, const int16_t *second,
                   int16_t *output)
{
    int32_t raised = (int32_t)1 << p->left_shift;
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t one = tml_requantize(first[i] * raised, p->first_multiplier, p->first_shift);
        int32_t two = tml_requantize(second[i] * raised, p->second_multiplier, p->second_shift);
        int32_t sum = tml_requantize(one + two * p->sign, p->output_multiplier, p->output_shift);
        output[i] = tml_clamp_int16(sum, p->activation_min, p->activation_max);
    }
}

TML_DEFINE_BROADCAST(add_int16, int16_t)
