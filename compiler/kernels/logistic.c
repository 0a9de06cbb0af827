/* LOGISTIC, int8: 1 / (1 + exp(-x)); the output's scale is 1/256, its zero point -128. */
#include "logistic.h"

#include "fixed_point.h"

static int8_t tml_logistic_of(int32_t x)
{
    if (x == 0) {
        return 0;
    }
    if (x == INT32_MIN || x == INT32_MAX) {
        return x < 0 ? INT8_MIN : INT8_MAX;
    }
    int32_t power = tml_exp(x < 0 ? x : -x, 4);
    int32_t y = tml_saturating_shift(tml_twice_reciprocal(power), 1);
    y = tml_rounding_shift(x < 0 ? INT32_MAX - y : y, 23);
    return tml_clamp(y + INT8_MIN, INT8_MIN, INT8_MAX);
}

void tml_logistic(const struct tml_sigmoid *p, const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = tml_logistic_of(tml_sigmoid_input(p, input[i]));
    }
}
