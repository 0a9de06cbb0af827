/* CONV_2D, float32; sums are added up in the reference's order. */
#include "conv_2d_float.h"

#include <stddef.h>

/* Where the taps of one output pixel lie on one image: `y`, `x` are those of the first tap. */
struct tml_taps {
    int32_t y, x;
    struct tml_span rows, columns;
};

static float tml_correlate_float(const struct tml_conv_2d_float *p, const struct tml_taps *taps,
                                 const float *input, const float *filter)
{
    const struct tml_window *w = &p->window;
    int32_t depth = p->groups * p->filter_depth;
    float sum = 0.0f;
    for (int32_t row = taps->rows.first; row < taps->rows.end; row++) {
        int32_t y = taps->y + row * w->dilation_height;
        for (int32_t column = taps->columns.first; column < taps->columns.end; column++) {
            int32_t x = taps->x + column * w->dilation_width;
            const float *in = input + (y * w->input_width + x) * depth;
            const float *weight = filter + (row * w->width + column) * p->filter_depth;
            for (int32_t i = 0; i < p->filter_depth; i++) {
                sum += in[i] * weight[i];
            }
        }
    }
    return sum;
}

static void tml_conv_2d_float_pixel(const struct tml_conv_2d_float *p,
                                    const struct tml_taps *taps, const float *input,
                                    const float *filter, const float *bias, float *output)
{
    int32_t filter_size = p->window.height * p->window.width * p->filter_depth;
    int32_t channels = p->output_depth / p->groups;
    for (int32_t group = 0; group < p->groups; group++) {
        for (int32_t channel = 0; channel < channels; channel++) {
            float sum = tml_correlate_float(p, taps, input, filter);
            /* Without a bias, too: -0 becomes 0. */
            sum += bias != NULL ? *bias++ : 0.0f;
            *output++ = tml_clamp_float(sum, &p->ends);
            filter += filter_size;
        }
        input += p->filter_depth;
    }
}

void tml_conv_2d_float(const struct tml_conv_2d_float *p, const float *input, const float *filter,
                       const float *bias, float *output)
{
    const struct tml_window *w = &p->window;
    struct tml_taps taps;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        taps.y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++) {
            taps.rows = tml_clip(taps.y, w->dilation_height, w->height, w->input_height);
            taps.x = -w->pad_left;
            for (int32_t column = 0; column < w->output_width; column++) {
                taps.columns = tml_clip(taps.x, w->dilation_width, w->width, w->input_width);
                tml_conv_2d_float_pixel(p, &taps, input, filter, bias, output);
                output += p->output_depth;
                taps.x += w->stride_width;
            }
            taps.y += w->stride_height;
        }
        input += w->input_height * w->input_width * p->groups * p->filter_depth;
    }
}
