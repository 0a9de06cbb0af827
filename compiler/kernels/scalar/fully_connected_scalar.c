/* FULLY_CONNECTED, int8: two channels at a time. */
#include "fully_connected_scalar.h"

#include "block_scalar.h"
#include "requantize.h"

void tml_fully_connected_scalar(const struct tml_fully_connected *p, const int8_t *input,
                                const int8_t *filter, const int32_t *bias,
                                const int32_t *multiplier, const int8_t *shift, int8_t *output)
{
    for (int32_t batch = 0; batch < p->batches; batch++) {
        const int8_t *weights = filter;
        for (int32_t channel = 0; channel < p->output_depth; channel += 2) {
            int32_t channels = p->output_depth - channel > 1 ? 2 : 1;
            const int8_t *second = weights + (channels - 1) * p->input_depth;
            int32_t sums[2];
            tml_block_1x2(input, weights, second, p->input_depth, sums);
            for (int32_t next = 0; next < channels; next++) {
                int32_t step = (channel + next) * p->channel_step;
                int32_t sum = sums[next] + bias[channel + next];
                sum = tml_requantize(sum, multiplier[step], shift[step]) + p->output_offset;
                *output++ = tml_clamp(sum, p->activation_min, p->activation_max);
            }
            weights += 2 * p->input_depth;
        }
        input += p->input_depth;
    }
}
