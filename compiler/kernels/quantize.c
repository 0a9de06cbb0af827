/* QUANTIZE, float32 to int8. */
#include "quantize.h"

#include "requantize.h"

/* Beyond it every int8 is saturated, whatever the zero point; a NaN counts as the least. */
static const float tml_quantize_limit = 1024.0f;

/* To nearest, ties away from zero; |x| is within the limit. */
static int32_t tml_round(float x)
{
    int32_t whole = (int32_t)x;
    float rest = x - (float)whole;
    if (rest >= 0.5f) {
        return whole + 1;
    }
    return rest <= -0.5f ? whole - 1 : whole;
}

void tml_quantize(const struct tml_quantize *p, const float *input, int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        float steps = *input++ / p->scale;
        steps = steps > -tml_quantize_limit ? steps : -tml_quantize_limit;
        steps = steps < tml_quantize_limit ? steps : tml_quantize_limit;
        *output++ = tml_clamp(tml_round(steps) + p->zero_point, INT8_MIN, INT8_MAX);
    }
}
