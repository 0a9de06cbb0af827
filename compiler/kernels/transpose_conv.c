/* TRANSPOSE_CONV, int8: each output gathers what the reference scatters to it. */
#include "transpose_conv.h"

#include <stddef.h>

#include "requantize.h"

static int32_t tml_dot(const int8_t *input, const int8_t *filter, int32_t depth, int32_t offset)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < depth; i++) {
        sum += (input[i] + offset) * filter[i];
    }
    return sum;
}

/* All that reaches output place (y, x), counted from the padding's begin, through one filter. */
static int32_t tml_gathered(const struct tml_transpose_conv *p, const int8_t *input,
                            const int8_t *filter, int32_t y, int32_t x)
{
    int32_t sum = 0;
    for (int32_t i = y % p->stride_height; i < p->height; i += p->stride_height) {
        int32_t row = (y - i) / p->stride_height;
        if (y < i || row >= p->input_height) {
            continue;
        }
        for (int32_t j = x % p->stride_width; j < p->width; j += p->stride_width) {
            int32_t column = (x - j) / p->stride_width;
            if (x < j || column >= p->input_width) {
                continue;
            }
            sum += tml_dot(input + (row * p->input_width + column) * p->input_depth,
                           filter + (i * p->width + j) * p->input_depth, p->input_depth,
                           p->input_offset);
        }
    }
    return sum;
}

void tml_transpose_conv(const struct tml_transpose_conv *p, const int8_t *input,
                        const int8_t *filter, const int32_t *bias, const int32_t *multiplier,
                        const int8_t *shift, int8_t *output)
{
    int32_t filter_size = p->height * p->width * p->input_depth;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        for (int32_t y = 0; y < p->output_height; y++) {
            for (int32_t x = 0; x < p->output_width; x++) {
                for (int32_t channel = 0; channel < p->output_depth; channel++) {
                    int32_t sum = tml_gathered(p, input, filter + channel * filter_size,
                                               y + p->pad_top, x + p->pad_left);
                    if (bias != NULL) {
                        sum += bias[channel];
                    }
                    int32_t scale = channel * p->channel_step;
                    sum = tml_requantize(sum, multiplier[scale], shift[scale]);
                    *output++ = tml_clamp(sum + p->output_offset, p->activation_min,
                                          p->activation_max);
                }
            }
        }
        input += p->input_height * p->input_width * p->input_depth;
    }
}
