/* The clamp of a fused activation, over what has been saturated to int8. */
#include "clamp_dsp.h"

#include "requantize.h"

void tml_clamp_dsp(const struct tml_clamp_dsp *p, int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = tml_clamp(output[i], p->activation_min, p->activation_max);
    }
}
