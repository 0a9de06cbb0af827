/* From 32-bit accumulators back to int8, with TensorFlow Lite Micro's double rounding. */
#ifndef TML_REQUANTIZE_H
#define TML_REQUANTIZE_H

#include <stdint.h>

#include "high_mul_halves.h"

/* a * b / 2^31, rounded to nearest, ties up. gemmlowp's nudge followed by a division that
 * truncates comes to the same, its saturating case (both INT32_MIN) apart: callers exclude it. */
static inline int32_t tml_high_mul(int32_t a, int32_t b)
{
#if defined(__thumb__) && !defined(__thumb2__)
    return tml_high_mul_halves(a, b);
#else
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
#endif
}

/* x / 2^exponent, rounded to nearest, ties away from zero; exponent 0 to 31. */
static inline int32_t tml_rounding_shift(int32_t x, int32_t exponent)
{
    uint32_t mask = ((uint32_t)1 << exponent) - 1u;
    uint32_t remainder = (uint32_t)x & mask;
    uint32_t threshold = (mask >> 1) + (x < 0 ? 1u : 0u);
    return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/* x * multiplier * 2^(shift - 31): a left shift first, or a rounding right shift after. */
static inline int32_t tml_requantize(int32_t x, int32_t multiplier, int32_t shift)
{
    if (shift > 0) {
        return tml_high_mul((int32_t)((uint32_t)x << shift), multiplier);
    }
    return tml_rounding_shift(tml_high_mul(x, multiplier), -shift);
}

static inline int8_t tml_clamp(int32_t x, int32_t low, int32_t high)
{
    return (int8_t)(x < low ? low : x > high ? high : x);
}

#endif
