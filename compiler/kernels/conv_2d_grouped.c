/* CONV_2D, int8, of several groups. */
#include "conv_2d_grouped.h"

#include <stddef.h>

#include "requantize.h"

/* The part of a filter that lies on the input: `rows` times `runs` stretches of `length` bytes. */
struct tml_group_patch {
    int32_t rows, runs, length;
    int32_t input_row_step, input_run_step;
    int32_t filter_row_step;
};

static int32_t tml_correlate_group(const struct tml_group_patch *patch, const int8_t *input,
                                   const int8_t *filter, int32_t input_offset)
{
    int32_t sum = 0;
    for (int32_t row = 0; row < patch->rows; row++) {
        const int8_t *in = input;
        const int8_t *weight = filter;
        for (int32_t run = 0; run < patch->runs; run++) {
            for (int32_t i = 0; i < patch->length; i++) {
                sum += (in[i] + input_offset) * *weight++;
            }
            in += patch->input_run_step;
        }
        input += patch->input_row_step;
        filter += patch->filter_row_step;
    }
    return sum;
}

static struct tml_group_patch tml_group_patch_of(const struct tml_conv_2d_grouped *p,
                                                 struct tml_span rows, struct tml_span columns)
{
    const struct tml_window *w = &p->whole.window;
    struct tml_group_patch patch = {
        .rows = rows.end - rows.first,
        .runs = columns.end - columns.first,
        .length = p->group.input_depth,
        .input_row_step = w->dilation_height * w->input_width * p->whole.input_depth,
        .input_run_step = w->dilation_width * p->whole.input_depth,
        .filter_row_step = w->width * p->group.input_depth,
    };
    return patch;
}

static void tml_grouped_pixel(const struct tml_conv_2d_grouped *p,
                              const struct tml_group_patch *patch, const int8_t *input,
                              const int8_t *filter, const int32_t *bias, const int32_t *multiplier,
                              const int8_t *shift, int8_t *output)
{
    int32_t filter_size = p->whole.window.height * p->whole.window.width * p->group.input_depth;
    int32_t left_in_group = p->group.output_depth;
    for (int32_t channel = 0; channel < p->whole.output_depth; channel++) {
        int32_t sum = tml_correlate_group(patch, input, filter, p->whole.input_offset);
        if (bias != NULL) {
            sum += bias[channel];
        }
        sum = tml_requantize(sum, *multiplier, *shift) + p->whole.output_offset;
        *output++ = tml_clamp(sum, p->whole.activation_min, p->whole.activation_max);
        filter += filter_size;
        multiplier += p->whole.channel_step;
        shift += p->whole.channel_step;
        if (--left_in_group == 0) {
            left_in_group = p->group.output_depth;
            input += p->group.input_depth;
        }
    }
}

void tml_conv_2d_grouped(const struct tml_conv_2d_grouped *p, const int8_t *input,
                         const int8_t *filter, const int32_t *bias, const int32_t *multiplier,
                         const int8_t *shift, int8_t *output)
{
    const struct tml_window *w = &p->whole.window;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        int32_t y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {
            struct tml_span rows = tml_clip(y, w->dilation_height, w->height, w->input_height);
            int32_t first_y = y + rows.first * w->dilation_height;
            int32_t x = -w->pad_left;
            for (int32_t column = 0; column < w->output_width; column++, x += w->stride_width) {
                struct tml_span columns = tml_clip(x, w->dilation_width, w->width, w->input_width);
                struct tml_group_patch patch = tml_group_patch_of(p, rows, columns);
                int32_t in = 0, weight = 0; /* where the window lies on padding alone */
                if (rows.first < rows.end && columns.first < columns.end) {
                    int32_t first_x = x + columns.first * w->dilation_width;
                    in = (first_y * w->input_width + first_x) * p->whole.input_depth;
                    weight = (rows.first * w->width + columns.first) * p->group.input_depth;
                }
                tml_grouped_pixel(p, &patch, input + in, filter + weight, bias, multiplier, shift,
                                  output);
                output += p->whole.output_depth;
            }
        }
        input += w->input_height * w->input_width * p->whole.input_depth;
    }
}
