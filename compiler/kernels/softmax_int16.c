/* SOFTMAX, int16. */
#include "softmax_int16.h"

#include "clamp_int16.h"
#include "requantize.h"

/* The table interpolated at x, an int16. */
static int32_t tml_interpolate(const int16_t *table, int32_t x)
{
    int32_t place = 256 + (x >> 7);
    int32_t slope = table[place + 1] - table[place];
    return table[place] + ((slope * (x & 127) + 64) >> 7);
}

static int32_t tml_exp_row(const struct tml_softmax_int16 *p, const int16_t *input,
                           const int16_t *exp, int16_t *output)
{
    int32_t greatest = INT16_MIN, sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        greatest = input[i] > greatest ? input[i] : greatest;
    }
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t x = tml_requantize(input[i] - greatest, p->multiplier, p->shift);
        /* Beyond, it saturates, and would leave 32 bits. */
        x = x < -65535 ? INT16_MIN : x + INT16_MAX;
        output[i] = (int16_t)tml_interpolate(exp, x);
        sum += output[i];
    }
    return sum;
}

static void tml_softmax_row_int16(const struct tml_softmax_int16 *p, const int16_t *input,
                                  const int16_t *exp, const int16_t *reciprocal, int16_t *output)
{
    uint32_t normal = (uint32_t)tml_exp_row(p, input, exp, output);
    int32_t shift = 30; /* the sum is at least about 1, Q16.15 */
    while (!(normal & 0x40000000u)) {
        normal <<= 1;
        shift--;
    }
    int32_t x = (int32_t)((normal + (1u << 13)) >> 14) - (1 << 16) - (1 << 15);
    int32_t scale = tml_interpolate(reciprocal, tml_clamp_int16(x, INT16_MIN, INT16_MAX));
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t y = (output[i] * scale + ((int32_t)1 << (shift - 1))) >> shift;
        output[i] = tml_clamp_int16(y, 0, INT16_MAX);
    }
}

void tml_softmax_int16(const struct tml_softmax_int16 *p, const int16_t *input, const int16_t *exp,
                       const int16_t *reciprocal, int16_t *output)
{
    for (int32_t row = 0; row < p->rows; row++) {
        tml_softmax_row_int16(p, input, exp, reciprocal, output);
        input += p->depth;
        output += p->depth;
    }
}
