/* FULLY_CONNECTED, float32; sums are added up in the reference's order. */
#include "fully_connected_float.h"

#include <stddef.h>

void tml_fully_connected_float(const struct tml_fully_connected_float *p, const float *input,
                               const float *filter, const float *bias, float *output)
{
    for (int32_t batch = 0; batch < p->batches; batch++) {
        const float *weight = filter;
        for (int32_t channel = 0; channel < p->output_depth; channel++) {
            float sum = 0.0f;
            for (int32_t i = 0; i < p->input_depth; i++) {
                sum += input[i] * *weight++;
            }
            /* Without a bias, too: -0 becomes 0. */
            sum += bias != NULL ? bias[channel] : 0.0f;
            *output++ = tml_clamp_float(sum, &p->ends);
        }
        input += p->input_depth;
    }
}
