#include "divide_float.h"

#if defined(__SOFTFP__) || (defined(__riscv) && !defined(__riscv_flen))

#include <stdint.h>
#include <string.h>

#define TML_SIGN 0x80000000u
#define TML_INFINITY 0x7f800000u
#define TML_TWICE_LEAST_NORMAL 0x01000000u
#define TML_IMPLICIT 0x00800000u

struct tml_parts {
    uint32_t mantissa; /* in [2^23, 2^24) */
    int32_t exponent;  /* of the mantissa's last bit */
};

static uint32_t tml_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static struct tml_parts tml_parts_of(uint32_t magnitude)
{
    struct tml_parts parts = {magnitude & (TML_IMPLICIT - 1u), (int32_t)(magnitude >> 23) - 150};
    if (parts.exponent > -150) {
        parts.mantissa |= TML_IMPLICIT;
        return parts;
    }
    parts.exponent = -149;
    while (parts.mantissa < TML_IMPLICIT) {
        parts.mantissa <<= 1;
        parts.exponent--;
    }
    return parts;
}

/* The quotient in units of 2^-149, to nearest, ties to even; it is below 2^24 of them. */
static uint32_t tml_small_quotient(struct tml_parts a, struct tml_parts b)
{
    int32_t shift = a.exponent - b.exponent + 149;
    if (shift < -1) {
        return 0;
    }
    if (shift < 0) {
        b.mantissa <<= 1;
        shift = 0;
    }
    uint32_t quotient = 0;
    uint32_t rest = a.mantissa;
    for (;; rest <<= 1, quotient <<= 1) {
        if (rest >= b.mantissa) {
            rest -= b.mantissa;
            quotient |= 1u;
        }
        if (shift-- == 0) {
            break;
        }
    }
    uint32_t twice = rest << 1;
    int up = twice > b.mantissa || (twice == b.mantissa && (quotient & 1u));
    return quotient + (up ? 1u : 0u);
}

float tml_divide_float(float a, float b)
{
    float quotient = a / b;
    uint32_t top = tml_bits(a) & ~TML_SIGN;
    uint32_t bottom = tml_bits(b) & ~TML_SIGN;
    int usual = top != 0 && top < TML_INFINITY && bottom != 0 && bottom < TML_INFINITY;
    if (!usual || (tml_bits(quotient) & ~TML_SIGN) >= TML_TWICE_LEAST_NORMAL) {
        return quotient;
    }
    uint32_t bits = tml_small_quotient(tml_parts_of(top), tml_parts_of(bottom));
    bits |= (tml_bits(a) ^ tml_bits(b)) & TML_SIGN;
    memcpy(&quotient, &bits, sizeof quotient);
    return quotient;
}

#else

/* C wants something in each file. */
typedef int tml_nothing;

#endif
