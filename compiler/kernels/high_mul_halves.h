/* The upper half of a product, from 16-bit halves: for cores that multiply to 32 bits. */
#ifndef TML_HIGH_MUL_HALVES_H
#define TML_HIGH_MUL_HALVES_H

#include <stdint.h>

/* a * b / 2^31, rounded to nearest, ties up; not for INT32_MIN twice. */
static inline int32_t tml_high_mul_halves(int32_t a, int32_t b)
{
    int32_t a_high = a >> 16, b_high = b >> 16;
    uint32_t a_low = (uint16_t)a, b_low = (uint16_t)b;
    /* In units of 2^16; each sum stays within 32 bits, as 32768 * 65535 + 2^14 does. */
    int32_t cross = a_high * (int32_t)b_low + (int32_t)(a_low * b_low >> 16);
    int32_t middle = (int32_t)a_low * b_high + (int32_t)(uint16_t)cross + (1 << 14);
    uint32_t upper = (uint32_t)(a_high * b_high) + (uint32_t)(cross >> 16);
    return (int32_t)(2u * upper + (uint32_t)(middle >> 15));
}

#endif
