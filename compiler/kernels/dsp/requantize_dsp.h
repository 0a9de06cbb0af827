/* From 32-bit accumulators back to int8 with SMMLAR and SSAT: the double rounding of
 * requantize.h for accumulators that are known to stay small.
 *
 * An exponent e >= 0 is a rounding right shift by e + 1 after the multiplication, an exponent
 * e < 0 a left shift by -1 - e before it. `offset` is 2 * zero point + 1. */
#ifndef TML_REQUANTIZE_DSP_H
#define TML_REQUANTIZE_DSP_H

#include <stdint.h>

#include "requantize.h"

/* a + b * c / 2^32, rounded to nearest, ties up. */
static inline int32_t tml_multiply_add_high(int32_t a, int32_t b, int32_t c)
{
    int32_t sum;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(sum) : "r"(b), "r"(c), "r"(a));
    return sum;
}

/* Half of x, which has one binary digit behind the point, as an int8. */
static inline int8_t tml_saturate(int32_t x)
{
    int32_t whole;
    __asm__("ssat %0, #8, %1, asr #1" : "=r"(whole) : "r"(x));
    return (int8_t)whole;
}

/* Exponents of at least 0; `twice` is twice the accumulator. The zero point goes through the shift,
 * and with it the half that rounds; ties of negative values go down by one from their sign. */
static inline int8_t tml_requantize_right(int32_t twice, int32_t multiplier, int32_t exponent,
                                          int32_t offset)
{
    int32_t addend = (int32_t)((uint32_t)offset << exponent) + (twice >> 31);
    return tml_saturate(tml_multiply_add_high(addend, twice, multiplier) >> exponent);
}

/* A channel's requantisation to the right, its offset shifted at compile time. */
struct tml_scale_dsp {
    int32_t multiplier, addend, exponent;
};

/* As tml_requantize_right; without `ties` where all below the zero point are clamped to it, so that
 * it does not matter how negative values are rounded. */
static inline int8_t tml_rescale(struct tml_scale_dsp scale, int32_t twice, int32_t ties)
{
    int32_t addend = scale.addend + (ties ? twice >> 31 : 0);
    return tml_saturate(tml_multiply_add_high(addend, twice, scale.multiplier) >> scale.exponent);
}

static inline int8_t tml_requantize_dsp(int32_t x, int32_t multiplier, int32_t exponent,
                                        int32_t offset)
{
    if (exponent < 0) {
        int32_t scaled = (int32_t)((uint32_t)x << -exponent);
        int32_t sum = tml_multiply_add_high(offset >> 1, scaled, multiplier);
        return tml_clamp(sum, INT8_MIN, INT8_MAX);
    }
    return tml_requantize_right((int32_t)((uint32_t)x << 1), multiplier, exponent, offset);
}

#endif
