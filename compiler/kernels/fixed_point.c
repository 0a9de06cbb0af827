#include "fixed_point.h"

#include "requantize.h"

#define TML_ONE_Q2 ((int32_t)1 << 29)

/* exp(a) for a in [-1/4, 0), Q0.31: the Taylor series around -1/8 up to the fourth power. */
static int32_t tml_exp_quarter(int32_t a)
{
    const int32_t exp_minus_eighth = 1895147668;
    const int32_t third = 715827883;
    int32_t x = a + ((int32_t)1 << 28);
    int32_t x2 = tml_high_mul(x, x);
    int32_t x3 = tml_high_mul(x2, x);
    int32_t x4_over_4 = tml_rounding_shift(tml_high_mul(x2, x2), 2);
    int32_t tail = tml_high_mul(x4_over_4 + x3, third) + x2;
    return exp_minus_eighth + tml_high_mul(exp_minus_eighth, x + tml_rounding_shift(tail, 1));
}

/* The quarters of a select factors exp(-2^k), k from -2. */
int32_t tml_exp(int32_t a, int32_t integer_bits)
{
    static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};
    if (a == 0) {
        return INT32_MAX;
    }
    int32_t quarter_bits = 29 - integer_bits;
    int32_t quarter = (int32_t)1 << quarter_bits;
    int32_t fraction = (a & (quarter - 1)) - quarter;
    int32_t result = tml_exp_quarter(fraction * ((int32_t)1 << integer_bits));
    int32_t quarters = (fraction - a) >> quarter_bits;
    for (const int32_t *factor = factors; quarters != 0; factor++, quarters >>= 1) {
        if (quarters & 1) {
            result = tml_high_mul(result, *factor);
        }
    }
    return result;
}

/* Three steps of Newton and Raphson on half the denominator. */
int32_t tml_twice_reciprocal(int32_t a)
{
    const int32_t c48_over_17 = 1515870810;
    const int32_t minus_32_over_17 = -1010580540;
    int32_t half_denominator = (int32_t)(((uint32_t)a + ((uint32_t)INT32_MAX + 1u)) >> 1);
    int32_t x = c48_over_17 + tml_high_mul(half_denominator, minus_32_over_17);
    for (int32_t i = 0; i < 3; i++) {
        int32_t error = TML_ONE_Q2 - tml_high_mul(half_denominator, x);
        x += tml_saturating_shift(tml_high_mul(x, error), 2);
    }
    return x;
}
