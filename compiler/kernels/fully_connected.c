/* FULLY_CONNECTED, int8. */
#include "fully_connected.h"

#include <stddef.h>

#include "requantize.h"

static void tml_fully_connected_batch(const struct tml_fully_connected *p, const int8_t *input,
                                      const int8_t *filter, const int32_t *bias,
                                      const int32_t *multiplier, const int8_t *shift,
                                      int8_t *output)
{
    for (int32_t channel = 0; channel < p->output_depth; channel++) {
        int32_t sum = 0;
        for (int32_t i = 0; i < p->input_depth; i++) {
            sum += (input[i] + p->input_offset) * *filter++;
        }
        if (bias != NULL) {
            sum += bias[channel];
        }
        sum = tml_requantize(sum, *multiplier, *shift) + p->output_offset;
        *output++ = tml_clamp(sum, p->activation_min, p->activation_max);
        multiplier += p->channel_step;
        shift += p->channel_step;
    }
}

void tml_fully_connected(const struct tml_fully_connected *p, const int8_t *input,
                         const int8_t *filter, const int32_t *bias, const int32_t *multiplier,
                         const int8_t *shift, int8_t *output)
{
    for (int32_t batch = 0; batch < p->batches; batch++) {
        tml_fully_connected_batch(p, input, filter, bias, multiplier, shift, output);
        input += p->input_depth;
        output += p->output_depth;
    }
}
