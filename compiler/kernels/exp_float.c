/* exp of a float32 in fixed point: no core needs floating-point hardware for it, and all cores give
 * the same bits. */
#include "exp_float.h"

#include <stdint.h>
#include <string.h>

#define TML_LOG2_E 396564993198ull /* log2(e) * 2^38 */
#define TML_LN_2 2977044472u       /* ln(2) * 2^32 */
#define TML_INFINITY 0x7f800000u

/* 2^(i / 32) * 2^63. */
static const uint64_t tml_powers[32] = {
    0x8000000000000000u, 0x82cd8698ac2ba1d7u, 0x85aac367cc487b15u,
    0x88980e8092da8527u, 0x8b95c1e3ea8bd6e7u, 0x8ea4398b45cd53c0u,
    0x91c3d373ab11c336u, 0x94f4efa8fef70961u, 0x9837f0518db8a96fu,
    0x9b8d39b9d54e5539u, 0x9ef5326091a111aeu, 0xa27043030c496819u,
    0xa5fed6a9b15138eau, 0xa9a15ab4ea7c0ef8u, 0xad583eea42a14ac6u,
    0xb123f581d2ac2590u, 0xb504f333f9de6484u, 0xb8fbaf4762fb9ee9u,
    0xbd08a39f580c36bfu, 0xc12c4cca66709456u, 0xc5672a115506daddu,
    0xc9b9bd866e2f27a3u, 0xce248c151f8480e4u, 0xd2a81d91f12ae45au,
    0xd744fccad69d6af4u, 0xdbfbb797daf23755u, 0xe0ccdeec2a94e111u,
    0xe5b906e77c8348a8u, 0xeac0c6e7dd24392fu, 0xefe4b99bdcdaf5cbu,
    0xf5257d152486cc2cu, 0xfa83b2db722a033au,
};

static float tml_float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* value * 2^(exponent - 63), rounded to nearest, ties to even; value is 2^63 at least. */
static float tml_round_float(uint64_t value, int32_t exponent)
{
    int32_t drop = 40;
    int32_t biased = exponent + 127;
    if (biased > 254) {
        return tml_float_of(TML_INFINITY);
    }
    if (biased < 1) { /* without an implicit bit */
        drop += 1 - biased;
        biased = 1;
    }
    if (drop > 63) { /* less than the least number, but perhaps more than half of it */
        return tml_float_of(drop == 64 && value > (uint64_t)1 << 63 ? 1u : 0u);
    }
    uint32_t kept = (uint32_t)(value >> drop);
    uint64_t rest = value & (((uint64_t)1 << drop) - 1u);
    uint64_t half = (uint64_t)1 << (drop - 1);
    kept += rest > half || (rest == half && (kept & 1u)) ? 1u : 0u;
    /* A carry out of the mantissa, or into a first bit of it, is right as it is. */
    return tml_float_of(kept + ((uint32_t)(biased - 1) << 23));
}

/* (exp(z) - 1) * 2^37 for z in [0, ln(2) / 32), z in Q37: the series up to the fifth power. */
static uint32_t tml_exp_rest(uint32_t z)
{
    uint64_t power = z;
    uint64_t sum = z;
    for (uint32_t k = 2; k < 6; k++) {
        power = ((power * z) >> 37) / k;
        sum += power;
    }
    return (uint32_t)sum;
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
    /* The whole of t, its next 5 bits, and what is left of it times ln(2), in Q.37. */
    int32_t whole = (int32_t)(t >> 40);
    uint64_t power = tml_powers[(t >> 35) & 31];
    uint32_t z = (uint32_t)((((uint64_t)(t & (((int64_t)1 << 35) - 1)) >> 3) * TML_LN_2) >> 32);
    uint64_t value = power + (((power >> 32) * tml_exp_rest(z)) >> 5);
    return tml_round_float(value, whole);
}
