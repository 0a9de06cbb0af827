/* exp of a float32 in fixed point: no core needs floating-point hardware for it, and all cores give
 * the same bits.
 *
 * They are those of the C libraries that the reference runs on (Arm's optimized routines, in glibc,
 * musl, newlib and bionic): 2^(k / 32) times a cubic, and so rounded the wrong way once in 3000
 * times, where the cubic is off by 2^-33. An exp that is off elsewhere gives SOFTMAX another sum
 * now and then, and with it 3 ulp between quotients. Of all float32 numbers, 8 give another result
 * here than in glibc's double arithmetic, by 1 ulp. */
#include "exp_float.h"

#include <stdint.h>
#include <string.h>

#define TML_INFINITY 0x7f800000u

#define TML_STEPS_IN_ONE 1549082005  /* 32 / ln(2), Q25 */
#define TML_STEP 399572145162582995u /* ln(2) / 32, Q64 */

/* The cubic is 1 + z + z * 0.816 * 2^-32 + z^2 * (TML_SQUARE + z * TML_CUBE). */
#define TML_SQUARE 2147501038u /* 0.500004, Q32 */
#define TML_CUBE 715821524     /* 0.166665, Q32 */

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

/* upper * 2^(exponent - 31), rounded to nearest, ties to even; upper is 2^31 at least, and odd
 * where anything was cut off below it. */
static float tml_round_float(uint32_t upper, int32_t exponent)
{
    int32_t biased = exponent + 127;
    uint32_t bits = TML_INFINITY;
    if (biased < 255) {
        if (biased < 1) { /* without an implicit bit */
            int32_t drop = biased < -30 ? 31 : 1 - biased;
            uint32_t rest = upper & ((1u << drop) - 1u);
            upper = (upper >> drop) | (rest != 0);
            biased = 1;
        }
        /* A carry out of the mantissa, or into a first bit of it, is right as it is. */
        bits = (upper >> 8) + ((uint32_t)(biased - 1) << 23);
        bits += (upper & 0xffu) + (bits & 1u) > 0x80u;
    }
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The cubic less 1, Q64; z is Q64 and less than 2^-6.5 from 0. */
static int64_t tml_exp_rest(int64_t z)
{
    int32_t narrow = (int32_t)((z + (1 << 26)) >> 27); /* Q37 */
    int32_t left = (int32_t)((uint32_t)z - ((uint32_t)narrow << 27));
    uint64_t square = (uint64_t)((int64_t)narrow * narrow); /* Q74 */
    int64_t third = ((int64_t)narrow * TML_CUBE + ((int64_t)1 << 36)) >> 37; /* Q32 */
    uint64_t bend = (uint64_t)(uint32_t)(square >> 29) * (TML_SQUARE + (uint32_t)third);
    /* Half of what is left out there: the square's last bits, and 2 * narrow * left. */
    int64_t half = ((uint32_t)square & 0x1fffffffu) >> 11;
    half += ((int64_t)narrow * left) >> 37;
    int32_t upper = (int32_t)(z >> 32);
    int32_t stretch = upper - (upper >> 2) + (upper >> 4) + (upper >> 8);
    return z + stretch + half + (int64_t)(bend >> 13);
}

/* power * (1 + rest), Q63 as power is; rest is Q64 and less than 2^-6 from 0. */
static uint64_t tml_grown(uint64_t power, int64_t rest)
{
    uint32_t whole = (uint32_t)(power >> 32);
    int32_t fraction = (int32_t)((uint32_t)power >> 1);
    int32_t upper = (int32_t)(rest >> 32);
    int64_t least = ((int64_t)fraction * upper) >> 31;
    least += (int64_t)(((uint64_t)whole * (uint32_t)rest) >> 32);
    return power + (uint64_t)((int64_t)whole * upper + least);
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
        return tml_round_float(0x80000000u, bits >> 31 ? INT16_MIN : INT16_MAX);
    }
    if (magnitude < 0x33000000u) { /* below 2^-25 */
        return 1.0f;
    }
    uint32_t mantissa = magnitude << 8 | 0x80000000u;
    uint64_t fixed = (uint64_t)mantissa * (1u << ((magnitude >> 23) - 102)); /* Q56 */
    fixed = bits >> 31 ? 0u - fixed : fixed;
    int64_t part = (int64_t)(int32_t)(fixed >> 32) * TML_STEPS_IN_ONE; /* Q49 */
    int32_t steps = (int32_t)((part + ((int64_t)1 << 48)) >> 49);
    /* Both terms are beyond 64 bits, and their difference is not. */
    int64_t z = (int64_t)((fixed << 8) - (uint64_t)steps * TML_STEP);
    uint64_t value = tml_grown(tml_powers[steps & 31], tml_exp_rest(z));
    int32_t exponent = steps >> 5;
    if (!(value >> 63)) {
        value <<= 1;
        exponent--;
    }
    return tml_round_float((uint32_t)(value >> 32) | ((uint32_t)value != 0), exponent);
}
