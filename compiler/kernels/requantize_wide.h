/* From 64-bit accumulators back to int16, with TensorFlow Lite Micro's single rounding. */
#ifndef TML_REQUANTIZE_WIDE_H
#define TML_REQUANTIZE_WIDE_H

#include <stddef.h>
#include <stdint.h>

#include "clamp_int16.h"

/* x * multiplier * 2^(shift - 15) to nearest, ties up; |x| below 2^47, shift -31 to 7. The lower
 * 32 bits are what the reference keeps of it. */
static inline int32_t tml_requantize_wide(int64_t x, int16_t multiplier, int8_t shift)
{
    int32_t right = 15 - shift;
    return (int32_t)(((x * multiplier) + ((int64_t)1 << (right - 1))) >> right);
}

/* A channel's bias of one or, the lower first, two words; 0 if there is none. */
static inline int64_t tml_bias_wide(const int32_t *bias, int32_t words, int32_t channel)
{
    if (bias == NULL) {
        return 0;
    }
    const int32_t *low = bias + channel * words;
    return words == 1 ? *low : (int64_t)((uint64_t)(uint32_t)low[1] << 32 | (uint32_t)low[0]);
}

#endif
