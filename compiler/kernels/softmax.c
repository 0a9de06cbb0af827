/* SOFTMAX, int8, in the fixed-point arithmetic that TensorFlow Lite takes from gemmlowp.
 *
 * Qm.n is a signed fixed-point number with m bits before the binary point and n after it. The
 * product of Qa and Qb by tml_high_mul is Q(a+b). */
#include "softmax.h"

#include "requantize.h"

#define TML_ONE_Q0 INT32_MAX
#define TML_ONE_Q2 ((int32_t)1 << 29)
#define TML_QUARTER_Q5 ((int32_t)1 << 24)
#define TML_SUM_INTEGER_BITS 12

/* x * 2^exponent, saturated. */
static int32_t tml_saturating_shift(int32_t x, int32_t exponent)
{
    int32_t limit = INT32_MAX >> exponent;
    if (x > limit) {
        return INT32_MAX;
    }
    return x < -limit - 1 ? INT32_MIN : x * ((int32_t)1 << exponent);
}

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

/* exp(a) for a <= 0, Q5.26 to Q0.31: the quarters of a select factors exp(-2^k), k from -2. */
static int32_t tml_exp(int32_t a)
{
    static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};
    if (a == 0) {
        return TML_ONE_Q0;
    }
    int32_t fraction = (a & (TML_QUARTER_Q5 - 1)) - TML_QUARTER_Q5;
    int32_t result = tml_exp_quarter(fraction * 32);
    int32_t quarters = (fraction - a) >> 24;
    for (const int32_t *factor = factors; quarters != 0; factor++, quarters >>= 1) {
        if (quarters & 1) {
            result = tml_high_mul(result, *factor);
        }
    }
    return result;
}

/* 1 / (1 + a) for a in [0, 1), Q0.31: three steps of Newton and Raphson on half the denominator. */
static int32_t tml_reciprocal(int32_t a)
{
    const int32_t c48_over_17 = 1515870810;
    const int32_t minus_32_over_17 = -1010580540;
    int32_t half_denominator = (int32_t)(((int64_t)a + TML_ONE_Q0 + 1) / 2);
    int32_t x = c48_over_17 + tml_high_mul(half_denominator, minus_32_over_17);
    for (int32_t i = 0; i < 3; i++) {
        int32_t error = TML_ONE_Q2 - tml_high_mul(half_denominator, x);
        x += tml_saturating_shift(tml_high_mul(x, error), 2);
    }
    return tml_saturating_shift(x, 1);
}

static int32_t tml_exp_of_difference(const struct tml_softmax *p, int32_t difference)
{
    int32_t scaled = (int32_t)((uint32_t)difference << p->left_shift);
    return tml_exp(tml_high_mul(scaled, p->multiplier));
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
    int32_t scale = tml_reciprocal((int32_t)(normal - 0x80000000u));
    /* Beyond 31 only where the reference's own shift is undefined: a flat row of over 511. */
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
