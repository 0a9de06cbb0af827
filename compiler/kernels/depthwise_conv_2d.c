/* DEPTHWISE_CONV_2D, int8. */
#include "depthwise_conv_2d.h"

#include <stddef.h>

#include "loops.h"
#include "requantize.h"

/* The part of a filter that lies on the input, in taps, and the bytes from one to the next. */
struct tml_taps {
    int32_t rows, columns;
    int32_t input_row_step, input_column_step;
    int32_t filter_row_step, filter_column_step;
};

static int32_t tml_correlate_channel(const struct tml_taps *taps, const int8_t *input,
                                     const int8_t *filter, int32_t input_offset)
{
    int32_t sum = 0;
    TML_ROLLED
    for (int32_t row = 0; row < taps->rows; row++) {
        const int8_t *in = input;
        const int8_t *weight = filter;
        TML_ROLLED
        for (int32_t column = 0; column < taps->columns; column++) {
            sum += (*in + input_offset) * *weight;
            in += taps->input_column_step;
            weight += taps->filter_column_step;
        }
        input += taps->input_row_step;
        filter += taps->filter_row_step;
    }
    return sum;
}

static struct tml_taps tml_taps_of(const struct tml_depthwise_conv_2d *p, struct tml_span rows,
                                   struct tml_span columns)
{
    const struct tml_window *w = &p->window;
    int32_t output_depth = p->input_depth * p->depth_multiplier;
    struct tml_taps taps = {
        .rows = rows.end - rows.first,
        .columns = columns.end - columns.first,
        .input_row_step = w->dilation_height * w->input_width * p->input_depth,
        .input_column_step = w->dilation_width * p->input_depth,
        .filter_row_step = w->width * output_depth,
        .filter_column_step = output_depth,
    };
    return taps;
}

static void tml_depthwise_pixel(const struct tml_depthwise_conv_2d *p, const struct tml_taps *taps,
                                const int8_t *input, const int8_t *filter, const int32_t *bias,
                                const int32_t *multiplier, const int8_t *shift, int8_t *output)
{
    for (int32_t in_channel = 0; in_channel < p->input_depth; in_channel++) {
        for (int32_t copy = 0; copy < p->depth_multiplier; copy++) {
            int32_t sum = tml_correlate_channel(taps, input, filter, p->input_offset);
            if (bias != NULL) {
                sum += *bias++;
            }
            sum = tml_requantize(sum, *multiplier, *shift) + p->output_offset;
            *output++ = tml_clamp(sum, p->activation_min, p->activation_max);
            filter++;
            multiplier += p->channel_step;
            shift += p->channel_step;
        }
        input++;
    }
}

void tml_depthwise_conv_2d(const struct tml_depthwise_conv_2d *p, const int8_t *input,
                           const int8_t *filter, const int32_t *bias, const int32_t *multiplier,
                           const int8_t *shift, int8_t *output)
{
    const struct tml_window *w = &p->window;
    int32_t output_depth = p->input_depth * p->depth_multiplier;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        int32_t y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {
            struct tml_span rows = tml_clip(y, w->dilation_height, w->height, w->input_height);
            int32_t first_y = y + rows.first * w->dilation_height;
            int32_t x = -w->pad_left;
            for (int32_t column = 0; column < w->output_width; column++, x += w->stride_width) {
                struct tml_span columns = tml_clip(x, w->dilation_width, w->width, w->input_width);
                struct tml_taps taps = tml_taps_of(p, rows, columns);
                int32_t in = 0, weight = 0; /* where the window lies on padding alone */
                if (rows.first < rows.end && columns.first < columns.end) {
                    int32_t first_x = x + columns.first * w->dilation_width;
                    in = (first_y * w->input_width + first_x) * p->input_depth;
                    weight = (rows.first * w->width + columns.first) * output_depth;
                }
                tml_depthwise_pixel(p, &taps, input + in, filter + weight, bias, multiplier, shift,
                                    output);
                output += output_depth;
            }
        }
        input += w->input_height * w->input_width * p->input_depth;
    }
}
