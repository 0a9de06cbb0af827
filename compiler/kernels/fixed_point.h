/* The fixed-point arithmetic that TensorFlow Lite takes from gemmlowp.
 *
 * Qm.n is a signed fixed-point number with m bits before the binary point and n after it. The
 * product of Qa and Qb by tml_high_mul is Q(a+b). */
#ifndef TML_FIXED_POINT_H
#define TML_FIXED_POINT_H

#include <stdint.h>

/* x * 2^exponent, saturated. */
static inline int32_t tml_saturating_shift(int32_t x, int32_t exponent)
{
    int32_t limit = INT32_MAX >> exponent;
    if (x > limit) {
        return INT32_MAX;
    }
    return x < -limit - 1 ? INT32_MIN : x * ((int32_t)1 << exponent);
}

/* exp(a) as Q0.31 for a <= 0 with `integer_bits` of up to 5. */
int32_t tml_exp(int32_t a, int32_t integer_bits);

/* 2 / (1 + a) as Q2.29 for a in [0, 1], Q0.31. */
int32_t tml_twice_reciprocal(int32_t a);

#endif
