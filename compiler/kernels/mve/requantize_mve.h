/* From 32-bit accumulators to int8, four at a time: TensorFlow Lite Micro's double rounding. */
#ifndef TML_REQUANTIZE_MVE_H
#define TML_REQUANTIZE_MVE_H

#include <arm_mve.h>
#include <stdint.h>

/* What becomes of an accumulator after its own multiplier and right shift. */
struct tml_output_mve {
    int32_t offset;
    int32_t activation_min, activation_max;
    int32_t channel_step; /* 1 where each channel has its multiplier and shift, else 0 */
};

/* x * multiplier * 2^(shift - 31), shift 0 or less. Both roundings go to nearest: ties up in
 * the product, as VQRDMULH has them, and away from zero in the shift, for which a negative
 * number is made one less before VRSHL takes ties up. */
static inline int32x4_t tml_requantize_mve(int32x4_t x, int32_t multiplier, int32_t shift)
{
    x = vqrdmulhq_n_s32(x, multiplier);
    x = vmlaq_n_s32(x, vshrq_n_s32(x, 31), shift < 0 ? 1 : 0);
    return vrshlq_n_s32(x, shift);
}

/* The same with a multiplier and a shift for each. */
static inline int32x4_t tml_requantize_each_mve(int32x4_t x, int32x4_t multiplier, int32x4_t shift)
{
    x = vqrdmulhq_s32(x, multiplier);
    x = vaddq_s32(x, vshrq_n_s32(vandq_s32(x, shift), 31));
    return vrshlq_s32(x, shift);
}

static inline int32x4_t tml_clamp_mve(const struct tml_output_mve *p, int32x4_t x)
{
    x = vaddq_n_s32(x, p->offset);
    x = vmaxq_s32(x, vdupq_n_s32(p->activation_min));
    return vminq_s32(x, vdupq_n_s32(p->activation_max));
}

/* Adds `offset` and clamps to int8 and no further: the least byte of each. */
static inline int32x4_t tml_narrow_mve(int32x4_t x, int32_t offset)
{
    int16x8_t narrow = vqmovnbq_s32(vreinterpretq_s16_s32(x), x);
    narrow = vqaddq_n_s16(narrow, (int16_t)offset);
    return vreinterpretq_s32_s8(vqmovnbq_s16(vreinterpretq_s8_s16(narrow), narrow));
}

/* Multiplies, shifts and narrows where zero is -128: what is negative before that is added is
 * clamped after it, so that no tie below zero counts. */
static inline int32x4_t tml_rectify_mve(int32x4_t x, int32_t multiplier, int32_t shift)
{
    return tml_narrow_mve(vrshlq_n_s32(vqrdmulhq_n_s32(x, multiplier), shift), INT8_MIN);
}

#endif
