/* QUANTIZE, float32 to int8, for cores without floating-point registers. */
#include "quantize_narrow.h"

#define TML_INFINITY 0x7F800000

static inline int8_t tml_quantize_bits(int32_t bits, const int32_t *thresholds)
{
    const int32_t *passed = thresholds;
    if ((bits & INT32_MAX) > TML_INFINITY) {
        return INT8_MIN;
    }
    /* Negative floats rise as their bits fall. */
    int32_t key = bits ^ ((bits >> 31) & INT32_MAX);
    for (int32_t half = 128; half > 0; half >>= 1) {
        passed += key >= passed[half - 1] ? half : 0;
    }
    return (int8_t)(INT8_MIN + (int32_t)(passed - thresholds));
}

void tml_quantize_narrow(const struct tml_quantize_narrow *p, const int32_t *input,
                         const int32_t *thresholds, int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        *output++ = tml_quantize_bits(*input++, thresholds);
    }
}
