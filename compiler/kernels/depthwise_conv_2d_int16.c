/* DEPTHWISE_CONV_2D, int16 by int8. */
#include "depthwise_conv_2d_int16.h"

#include "requantize_wide.h"
#include "view.h"

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
                                               const struct tml_view *view)
{
    const struct tml_window *w = &p->window;
    int32_t output_depth = p->input_depth * p->depth_multiplier;
    struct tml_taps_int16 taps = {
        .rows = view->rows.end - view->rows.first,
        .columns = view->columns.end - view->columns.first,
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
    struct tml_walk walk = tml_walk_begin(w);
    for (; walk.batch < w->batches; tml_walk_on(w, &walk)) {
        struct tml_view view = tml_view_at(w, &walk);
        struct tml_taps_int16 taps = tml_taps_int16_of(p, &view);
        tml_depthwise_int16_pixel(p, &taps, input + view.pixel * p->input_depth,
                                  filter + view.tap * output_depth, bias, multiplier, shift,
                                  output);
        output += output_depth;
    }
}
