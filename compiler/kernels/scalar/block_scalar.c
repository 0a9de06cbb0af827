/* Blocks of products, see block_scalar.h. */
#include "block_scalar.h"

#if defined(__thumb__) && !defined(__thumb2__)

/* Compilers leave the eight high registers of Armv6-M alone and spill instead; the sums fit there. */
void tml_block_2x2(const int8_t *const x[2], const int8_t *w0, const int8_t *w1, int32_t length,
                   int32_t sums[4])
{
    register int32_t s00 __asm__("r8") = 0;
    register int32_t s01 __asm__("r9") = 0;
    register int32_t s10 __asm__("r10") = 0;
    register int32_t s11 __asm__("r11") = 0;
    int32_t at = -length, a, b;
    __asm__("1:\n\t"
            "ldrsb %[a], [%[x0], %[at]]\n\t"
            "ldrsb %[b], [%[w0], %[at]]\n\t"
            "muls %[a], %[b], %[a]\n\t"
            "add %[s00], %[a]\n\t"
            "ldrsb %[a], [%[x1], %[at]]\n\t"
            "muls %[b], %[a], %[b]\n\t"
            "add %[s10], %[b]\n\t"
            "ldrsb %[b], [%[w1], %[at]]\n\t"
            "muls %[a], %[b], %[a]\n\t"
            "add %[s11], %[a]\n\t"
            "ldrsb %[a], [%[x0], %[at]]\n\t"
            "muls %[a], %[b], %[a]\n\t"
            "add %[s01], %[a]\n\t"
            "adds %[at], #1\n\t"
            "bne 1b"
            : [s00] "+r"(s00), [s01] "+r"(s01), [s10] "+r"(s10), [s11] "+r"(s11), [at] "+l"(at),
              [a] "=&l"(a), [b] "=&l"(b)
            : [x0] "l"(x[0] + length), [x1] "l"(x[1] + length), [w0] "l"(w0 + length),
              [w1] "l"(w1 + length)
            : "cc", "memory");
    sums[0] = s00;
    sums[1] = s01;
    sums[2] = s10;
    sums[3] = s11;
}

void tml_block_1x2(const int8_t *x, const int8_t *w0, const int8_t *w1, int32_t length,
                   int32_t sums[2])
{
    register int32_t s0 __asm__("r8") = 0;
    register int32_t s1 __asm__("r9") = 0;
    int32_t at = -length, a, b;
    __asm__("1:\n\t"
            "ldrsb %[a], [%[x], %[at]]\n\t"
            "ldrsb %[b], [%[w0], %[at]]\n\t"
            "muls %[b], %[a], %[b]\n\t"
            "add %[s0], %[b]\n\t"
            "ldrsb %[b], [%[w1], %[at]]\n\t"
            "muls %[b], %[a], %[b]\n\t"
            "add %[s1], %[b]\n\t"
            "adds %[at], #1\n\t"
            "bne 1b"
            : [s0] "+r"(s0), [s1] "+r"(s1), [at] "+l"(at), [a] "=&l"(a), [b] "=&l"(b)
            : [x] "l"(x + length), [w0] "l"(w0 + length), [w1] "l"(w1 + length)
            : "cc", "memory");
    sums[0] = s0;
    sums[1] = s1;
}

#else


void tml_block_2x2(const int8_t *const x[2], const int8_t *w0, const int8_t *w1, int32_t length,
                   int32_t sums[4])
{
    const int8_t *x0 = x[0], *x1 = x[1];
    int32_t s00 = 0, s01 = 0, s10 = 0, s11 = 0;
    for (int32_t i = 0; i < length; i++) {
        int32_t a0 = *x0++, a1 = *x1++, b0 = *w0++, b1 = *w1++;
        s00 += a0 * b0;
        s01 += a0 * b1;
        s10 += a1 * b0;
        s11 += a1 * b1;
    }
    sums[0] = s00;
    sums[1] = s01;
    sums[2] = s10;
    sums[3] = s11;
}

void tml_block_1x2(const int8_t *x, const int8_t *w0, const int8_t *w1, int32_t length,
                   int32_t sums[2])
{
    int32_t s0 = 0, s1 = 0;
    for (int32_t i = 0; i < length; i++) {
        int32_t a = *x++;
        s0 += a * *w0++;
        s1 += a * *w1++;
    }
    sums[0] = s0;
    sums[1] = s1;
}

#endif
