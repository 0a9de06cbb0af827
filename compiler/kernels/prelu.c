/* PRELU, int8 and float32. */
#include "prelu.h"

#include "requantize.h"

void tml_prelu(const struct tml_prelu *p, const int8_t *first, const int8_t *second,
               int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t x = first[i] + p->input_offset;
        if (x >= 0) {
            x = tml_requantize(x, p->multiplier, p->shift);
        } else {
            x *= second[i] + p->alpha_offset;
            x = tml_requantize(x, p->alpha_multiplier, p->alpha_shift);
        }
        output[i] = tml_clamp(x + p->output_offset, INT8_MIN, INT8_MAX);
    }
}

void tml_prelu_float(const struct tml_prelu_float *p, const float *first, const float *second,
                     float *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = first[i] >= 0.0f ? first[i] : first[i] * second[i];
    }
}

TML_DEFINE_BROADCAST(prelu, int8_t)
TML_DEFINE_BROADCAST(prelu_float, float)
