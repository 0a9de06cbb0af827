/* QUANTIZE, float32 to int8. */
#include "quantize.h"

#include "requantize.h"
#include "steps_float.h"

/* Beyond it every int8 is saturated, whatever the zero point. */
static const float tml_quantize_limit = 1024.0f;

void tml_quantize(const struct tml_quantize *p, const float *input, int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t steps = tml_steps(*input++, p->scale, tml_quantize_limit);
        *output++ = tml_clamp(steps + p->zero_point, INT8_MIN, INT8_MAX);
    }
}
