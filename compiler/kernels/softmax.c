/* SOFTMAX, int8. */
#include "softmax.h"

#include "fixed_point.h"
#include "requantize.h"

#define TML_INTEGER_BITS 5
#define TML_SUM_INTEGER_BITS 12

static int32_t tml_exp_of_difference(const struct tml_softmax *p, int32_t difference)
{
    int32_t scaled = (int32_t)((uint32_t)difference << p->left_shift);
    return tml_exp(tml_high_mul(scaled, p->multiplier), TML_INTEGER_BITS);
}

static void tml_softmax_row(const struct tml_softmax *p, const int8_t *input, int8_t *output)
{
    int32_t greatest = INT8_MIN;
    for (int32_t i = 0; i < p->depth; i++) {
        greatest = input[i] > greatest ? input[i] : greatest;
    }
    int32_t sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t difference = input[i] - greatest;
        if (difference >= p->difference_min) {
            sum += tml_rounding_shift(tml_exp_of_difference(p, difference), TML_SUM_INTEGER_BITS);
        }
    }
    /* The sum is at least about 1, Q12.19: brought to [1, 2) by its leading zeros. */
    uint32_t normal = (uint32_t)sum;
    int32_t zeros = 0;
    while (!(normal & 0x80000000u)) {
        normal <<= 1;
        zeros++;
    }
    int32_t scale = tml_saturating_shift(tml_twice_reciprocal((int32_t)(normal - 0x80000000u)), 1);
    /* Beyond 31 only where the reference's own shift is undefined, see the header. */
    int32_t shift = TML_SUM_INTEGER_BITS - zeros + 31 - 8;
    shift = shift > 31 ? 31 : shift;
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t difference = input[i] - greatest;
        int32_t y = 0;
        if (difference >= p->difference_min) {
            y = tml_rounding_shift(tml_high_mul(scale, tml_exp_of_difference(p, difference)), shift);
        }
        output[i] = tml_clamp(y + INT8_MIN, INT8_MIN, INT8_MAX);
    }
}

void tml_softmax(const struct tml_softmax *p, const int8_t *input, int8_t *output)
{
    for (int32_t row = 0; row < p->rows; row++) {
        tml_softmax_row(p, input, output);
        input += p->depth;
        output += p->depth;
    }
}
