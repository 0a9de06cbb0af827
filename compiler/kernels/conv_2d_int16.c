/* CONV_2D, int16 by int8, of one group or more. */
#include "conv_2d_int16.h"

#include "dot_int16.h"
#include "requantize_wide.h"

/* The part of a filter that lies on the input: `rows` times `runs` stretches of `length`. */
struct tml_patch_int16 {
    int32_t rows, runs, length;
    int32_t input_row_step, input_run_step;
    int32_t filter_row_step;
};

static int64_t tml_correlate_int16(const struct tml_patch_int16 *patch, const int16_t *input,
                                   const int8_t *filter)
{
    int64_t sum = 0;
    for (int32_t row = 0; row < patch->rows; row++) {
        const int16_t *in = input;
        const int8_t *weights = filter;
        for (int32_t run = 0; run < patch->runs; run++) {
            sum += tml_dot_int16(in, weights, patch->length);
            in += patch->input_run_step;
            weights += patch->length;
        }
        input += patch->input_row_step;
        filter += patch->filter_row_step;
    }
    return sum;
}

static struct tml_patch_int16 tml_patch_int16_of(const struct tml_conv_2d_int16 *p,
                                                 struct tml_span rows, struct tml_span columns)
{
    const struct tml_window *w = &p->window;
    int32_t depth = p->groups * p->filter_depth;
    struct tml_patch_int16 patch = {
        .rows = rows.end - rows.first,
        .runs = columns.end - columns.first,
        .length = p->filter_depth,
        .input_row_step = w->dilation_height * w->input_width * depth,
        .input_run_step = w->dilation_width * depth,
        .filter_row_step = w->width * p->filter_depth,
    };
    if (w->dilation_width == 1 && p->groups == 1) { /* neighbours in both */
        patch.length *= patch.runs;
        patch.runs = 1;
    }
    return patch;
}

static void tml_conv_2d_int16_pixel(const struct tml_conv_2d_int16 *p,
                                    const struct tml_patch_int16 *patch, const int16_t *input,
                                    const int8_t *filter, const int32_t *bias,
                                    const int16_t *multiplier, const int8_t *shift,
                                    int16_t *output)
{
    int32_t filter_size = p->window.height * p->window.width * p->filter_depth;
    int32_t group_size = p->output_depth / p->groups, left = group_size;
    for (int32_t channel = 0; channel < p->output_depth; channel++) {
        int64_t sum = tml_correlate_int16(patch, input, filter) +
                      tml_bias_wide(bias, p->bias_words, channel);
        int32_t at = channel * p->channel_step;
        int32_t result = tml_requantize_wide(sum, multiplier[at], shift[at]);
        *output++ = tml_clamp_int16(result, p->activation_min, p->activation_max);
        filter += filter_size;
        if (--left == 0) {
            left = group_size;
            input += p->filter_depth;
        }
    }
}

void tml_conv_2d_int16(const struct tml_conv_2d_int16 *p, const int16_t *input,
                       const int8_t *filter, const int32_t *bias, const int16_t *multiplier,
                       const int8_t *shift, int16_t *output)
{
    const struct tml_window *w = &p->window;
    int32_t depth = p->groups * p->filter_depth;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        int32_t y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {
            struct tml_span rows = tml_clip(y, w->dilation_height, w->height, w->input_height);
            int32_t first_y = y + rows.first * w->dilation_height;
            int32_t x = -w->pad_left;
            for (int32_t column = 0; column < w->output_width; column++, x += w->stride_width) {
                struct tml_span columns = tml_clip(x, w->dilation_width, w->width, w->input_width);
                struct tml_patch_int16 patch = tml_patch_int16_of(p, rows, columns);
                int32_t in = 0, weight = 0; /* where the window lies on padding alone */
                if (rows.first < rows.end && columns.first < columns.end) {
                    int32_t first_x = x + columns.first * w->dilation_width;
                    in = (first_y * w->input_width + first_x) * depth;
                    weight = (rows.first * w->width + columns.first) * p->filter_depth;
                }
                tml_conv_2d_int16_pixel(p, &patch, input + in, filter + weight, bias, multiplier,
                                        shift, output);
                output += p->output_depth;
            }
        }
        input += w->input_height * w->input_width * depth;
    }
}
