/* DEPTHWISE_CONV_2D, int16 by int8. */
#include "depthwise_conv_2d_int16.h"

#include "requantize_wide.h"

/* The part of a filter that lies on the input, in taps, and the elements from one to the next. */
struct tml_taps_int16 {
    int32_t rows, columns;
    int32_t input_row_step, input_column_step;
    int32_t filter_row_step, filter_column_step;
};

static int32_t tml_correlate_channel_int16(const struct tml_taps_int16 *taps, const int16_t *input,
                                           const int8_t *filter)
{
    int32_t sum = 0;
    for (int32_t row = 0; row < taps->rows; row++) {
        const int16_t *in = input;
        const int8_t *weight = filter;
        for (int32_t column = 0; column < taps->columns; column++) {
            sum += *in * *weight;
            in += taps->input_column_step;
            weight += taps->filter_column_step;
        }
        input += taps->input_row_step;
        filter += taps->filter_row_step;
    }
    return sum;
}

static struct tml_taps_int16 tml_taps_int16_of(const struct tml_depthwise_conv_2d_int16 *p,
                                               struct tml_span rows, struct tml_span columns)
{
    const struct tml_window *w = &p->window;
    int32_t output_depth = p->input_depth * p->depth_multiplier;
    struct tml_taps_int16 taps = {
        .rows = rows.end - rows.first,
        .columns = columns.end - columns.first,
        .input_row_step = w->dilation_height * w->input_width * p->input_depth,
        .input_column_step = w->dilation_width * p->input_depth,
        .filter_row_step = w->width * output_depth,
        .filter_column_step = output_depth,
    };
    return taps;
}

static void tml_depthwise_int16_pixel(const struct tml_depthwise_conv_2d_int16 *p,
                                      const struct tml_taps_int16 *taps, const int16_t *input,
                                      const int8_t *filter, const int32_t *bias,
                                      const int16_t *multiplier, const int8_t *shift,
                                      int16_t *output)
{
    int32_t channel = 0;
    for (int32_t in_channel = 0; in_channel < p->input_depth; in_channel++) {
        for (int32_t copy = 0; copy < p->depth_multiplier; copy++, channel++) {
            int64_t sum = tml_bias_wide(bias, p->bias_words, channel) +
                          tml_correlate_channel_int16(taps, input, filter);
            int32_t at = channel * p->channel_step;
            int32_t result = tml_requantize_wide(sum, multiplier[at], shift[at]);
            *output++ = tml_clamp_int16(result, p->activation_min, p->activation_max);
            filter++;
        }
        input++;
    }
}

void tml_depthwise_conv_2d_int16(const struct tml_depthwise_conv_2d_int16 *p, const int16_t *input,
                                 const int8_t *filter, const int32_t *bias,
                                 const int16_t *multiplier, const int8_t *shift, int16_t *output)
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
                struct tml_taps_int16 taps = tml_taps_int16_of(p, rows, columns);
                int32_t in = 0, weight = 0; /* where the window lies on padding alone */
                if (rows.first < rows.end && columns.first < columns.end) {
                    int32_t first_x = x + columns.first * w->dilation_width;
                    in = (first_y * w->input_width + first_x) * p->input_depth;
                    weight = (rows.first * w->width + columns.first) * output_depth;
                }
                tml_depthwise_int16_pixel(p, &taps, input + in, filter + weight, bias, multiplier,
                                          shift, output);
                output += output_depth;
            }
        }
        input += w->input_height * w->input_width * p->input_depth;
    }
}
