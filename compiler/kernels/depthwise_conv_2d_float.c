/* DEPTHWISE_CONV_2D, float32; sums are added up in the reference's order. */
#include "depthwise_conv_2d_float.h"

#include <stddef.h>

static void tml_depthwise_conv_2d_float_pixel(const struct tml_depthwise_conv_2d_float *p,
                                              int32_t y, int32_t x, const float *input,
                                              const float *filter, const float *bias,
                                              float *output)
{
    const struct tml_window *w = &p->window;
    struct tml_span rows = tml_clip(y, w->dilation_height, w->height, w->input_height);
    struct tml_span columns = tml_clip(x, w->dilation_width, w->width, w->input_width);
    int32_t output_depth = p->input_depth * p->depth_multiplier;
    for (int32_t channel = 0; channel < output_depth; channel++) {
        const float *in = input + channel / p->depth_multiplier;
        float sum = 0.0f;
        for (int32_t row = rows.first; row < rows.end; row++) {
            int32_t line = (y + row * w->dilation_height) * w->input_width;
            for (int32_t column = columns.first; column < columns.end; column++) {
                int32_t pixel = line + x + column * w->dilation_width;
                sum += in[pixel * p->input_depth] *
                       filter[(row * w->width + column) * output_depth + channel];
            }
        }
        /* Without a bias, too: -0 becomes 0. */
        sum += bias != NULL ? bias[channel] : 0.0f;
        output[channel] = tml_clamp_float(sum, &p->ends);
    }
}

void tml_depthwise_conv_2d_float(const struct tml_depthwise_conv_2d_float *p, const float *input,
                                 const float *filter, const float *bias, float *output)
{
    const struct tml_window *w = &p->window;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        int32_t y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {
            int32_t x = -w->pad_left;
            for (int32_t column = 0; column < w->output_width; column++, x += w->stride_width) {
                tml_depthwise_conv_2d_float_pixel(p, y, x, input, filter, bias, output);
                output += p->input_depth * p->depth_multiplier;
            }
        }
        input += w->input_height * w->input_width * p->input_depth;
    }
}
