/* CONV_2D, int8. */
#include "conv_2d.h"

#include <stddef.h>

#include "correlate.h"
#include "requantize.h"

static struct tml_patch tml_whole_patch(const struct tml_conv_2d *p, struct tml_span rows,
                                        struct tml_span columns)
{
    const struct tml_window *w = &p->window;
    struct tml_patch patch = {
        .rows = rows.end - rows.first,
        .runs = columns.end - columns.first,
        .length = p->input_depth,
        .input_row_step = w->dilation_height * w->input_width * p->input_depth,
        .input_run_step = w->dilation_width * p->input_depth,
        .filter_row_step = w->width * p->input_depth,
    };
    if (w->dilation_width == 1) { /* neighbours in the filter are neighbours in the input */
        patch.length *= patch.runs;
        patch.runs = 1;
    }
    return patch;
}

static void tml_conv_2d_pixel(const struct tml_conv_2d *p, const struct tml_patch *patch,
                              const int8_t *input, const int8_t *filter, const int32_t *bias,
                              const int32_t *multiplier, const int8_t *shift, int8_t *output)
{
    int32_t filter_size = p->window.height * p->window.width * p->input_depth;
    for (int32_t channel = 0; channel < p->output_depth; channel++) {
        int32_t sum = tml_correlate(patch, input, filter, p->input_offset);
        if (bias != NULL) {
            sum += bias[channel];
        }
        sum = tml_requantize(sum, *multiplier, *shift) + p->output_offset;
        *output++ = tml_clamp(sum, p->activation_min, p->activation_max);
        filter += filter_size;
        multiplier += p->channel_step;
        shift += p->channel_step;
    }
}

void tml_conv_2d(const struct tml_conv_2d *p, const int8_t *input, const int8_t *filter,
                 const int32_t *bias, const int32_t *multiplier, const int8_t *shift,
                 int8_t *output)
{
    const struct tml_window *w = &p->window;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        int32_t y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {
            struct tml_span rows = tml_clip(y, w->dilation_height, w->height, w->input_height);
            int32_t first_y = y + rows.first * w->dilation_height;
            int32_t x = -w->pad_left;
            for (int32_t column = 0; column < w->output_width; column++, x += w->stride_width) {
                struct tml_span columns = tml_clip(x, w->dilation_width, w->width, w->input_width);
                struct tml_patch patch = tml_whole_patch(p, rows, columns);
                int32_t in = 0, weight = 0; /* where the window lies on padding alone */
                if (rows.first < rows.end && columns.first < columns.end) {
                    int32_t first_x = x + columns.first * w->dilation_width;
                    in = (first_y * w->input_width + first_x) * p->input_depth;
                    weight = (rows.first * w->width + columns.first) * p->input_depth;
                }
                tml_conv_2d_pixel(p, &patch, input + in, filter + weight, bias, multiplier, shift,
                                  output);
                output += p->output_depth;
            }
        }
        input += w->input_height * w->input_width * p->input_depth;
    }
}
