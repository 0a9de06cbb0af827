/* FULLY_CONNECTED, int16 by int8. */
#include "fully_connected_int16.h"

#include "dot_int16.h"
#include "requantize_wide.h"

void tml_fully_connected_int16(const struct tml_fully_connected_int16 *p, const int16_t *input,
                               const int8_t *filter, const int32_t *bias,
                               const int16_t *multiplier, const int8_t *shift, int16_t *output)
{
    for (int32_t batch = 0; batch < p->batches; batch++) {
        const int8_t *weights = filter;
        for (int32_t channel = 0; channel < p->output_depth; channel++) {
            int64_t sum = tml_dot_int16(input, weights, p->input_depth) +
                          tml_bias_wide(bias, p->bias_words, channel);
            int32_t at = channel * p->channel_step;
            int32_t result = tml_requantize_wide(sum, multiplier[at], shift[at]);
            *output++ = tml_clamp_int16(result, p->activation_min, p->activation_max);
            weights += p->input_depth;
        }
        input += p->input_depth;
    }
}
