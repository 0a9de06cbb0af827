/* QUANTIZE, float32 to int16. */
#include "quantize_int16.h"

#include "clamp_int16.h"
#include "steps_float.h"

static const float tml_quantize_int16_limit = 65536.0f;

void tml_quantize_int16(const struct tml_quantize_int16 *p, const float *input, int16_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t steps = tml_steps(*input++, p->scale, tml_quantize_int16_limit);
        *output++ = tml_clamp_int16(steps, INT16_MIN, INT16_MAX);
    }
}
