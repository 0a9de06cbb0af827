/* TANH, int8; the output's scale is 1/128, its zero point 0. */
#include "tanh.h"

#include "fixed_point.h"

#define TML_ONE_Q2 ((int32_t)1 << 29)

static int8_t tml_tanh_of(int32_t x)
{
    if (x == 0) {
        return 0;
    }
    if (x == INT32_MIN || x == INT32_MAX) {
        return x < 0 ? INT8_MIN : INT8_MAX;
    }
    int32_t power = tml_exp(x < 0 ? x : -x, 5); /* Q4.27 read as Q5.26 is twice as much */
    int32_t y = tml_saturating_shift(tml_twice_reciprocal(power) - TML_ONE_Q2, 2);
    y = tml_rounding_shift(x < 0 ? -y : y, 24);
    return tml_clamp(y, INT8_MIN, INT8_MAX);
}

void tml_tanh(const struct tml_sigmoid *p, const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = tml_tanh_of(tml_sigmoid_input(p, input[i]));
    }
}
