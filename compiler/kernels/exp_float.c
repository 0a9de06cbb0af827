/* exp of a float32 in fixed point: no core needs floating-point hardware for it, and all cores give
 * the same bits. */
#include "exp_float.h"

#include <stdint.h>
#include <string.h>

#include "requantize.h"

#define TML_LOG2_E 396564993198ull /* log2(e) * 2^38 */
#define TML_INFINITY 0x7f800000u
#define TML_LN_2 2977044472u       /* ln(2) * 2^32 */

static float tml_float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* exp(z) * 2^31 for |z| <= ln(2) / 2, z in Q0.31: its series up to the ninth power. */
static uint32_t tml_exp_series(int32_t z)
{
    static const int32_t inverse[] = {238609294, 268435456, 306783378, 357913941,
                                      429496730, 536870912, 715827883, 1073741824};
    /* 1 + z/2 (1 + z/3 (... (1 + z/9))), each factor without its 1, which Q0.31 has no room for. */
    int32_t rest = tml_high_mul(z, inverse[0]);
    for (int32_t i = 1; i < 8; i++) {
        int32_t part = tml_high_mul(z, inverse[i]);
        rest = part + tml_high_mul(part, rest);
    }
    int32_t power = z + tml_high_mul(z, rest);
    return (uint32_t)power + ((uint32_t)1 << 31);
}

/* value * 2^(exponent - 31), rounded to nearest, ties to even; value in [2^30, 2^32). */
static float tml_round_float(uint32_t value, int32_t exponent)
{
    if (value < (uint32_t)1 << 31) {
        value <<= 1;
        exponent--;
    }
    int32_t drop = 8;
    int32_t biased = exponent + 127;
    if (biased < 1) { /* without an implicit bit */
        drop += 1 - biased;
        biased = 1;
    }
    if (drop > 31) { /* less than the least number, but perhaps more than half of it */
        return tml_float_of(drop == 32 && value > (uint32_t)1 << 31 ? 1u : 0u);
    }
    if (biased > 254) {
        return tml_float_of(TML_INFINITY);
    }
    uint32_t kept = value >> drop;
    uint32_t rest = value & (((uint32_t)1 << drop) - 1u);
    uint32_t half = (uint32_t)1 << (drop - 1);
    kept += rest > half || (rest == half && (kept & 1u)) ? 1u : 0u;
    /* A carry out of the mantissa, or into a first bit of it, is right as it is. */
    return tml_float_of(kept + ((uint32_t)(biased - 1) << 23));
}

float tml_exp_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > TML_INFINITY) {
        return x;
    }
    if (magnitude > 0x42d00000u) { /* beyond 104 */
        return bits >> 31 ? 0.0f : tml_float_of(TML_INFINITY);
    }
    if (magnitude < 0x32800000u) { /* below 2^-26 */
        return 1.0f;
    }
    /* t = |x| log2(e) in Q.40, from a product in Q.(38 + 23 - exponent). */
    int32_t exponent = (int32_t)(magnitude >> 23) - 127;
    uint64_t product = (uint64_t)((magnitude & 0x7fffffu) | 0x800000u) * TML_LOG2_E;
    int64_t t = (int64_t)(product >> (21 - exponent));
    t = bits >> 31 ? -t : t;
    /* To the nearest whole, and what is left of it in [-1/2, 1/2] times ln(2). */
    int32_t whole = (int32_t)((t + ((int64_t)1 << 39)) >> 40);
    int32_t fraction = (int32_t)((t - whole * ((int64_t)1 << 40)) >> 8); /* Q0.32 */
    int32_t z = (int32_t)(((int64_t)fraction * TML_LN_2) >> 33);
    return tml_round_float(tml_exp_series(z), whole);
}
