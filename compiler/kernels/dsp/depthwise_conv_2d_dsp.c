/* DEPTHWISE_CONV_2D, int8, as many filters as channels: four channels of a pixel at a time. */
#include "depthwise_conv_2d_dsp.h"

#include "lanes_dsp.h"

/* The taps of a window that lie on the input, and bytes from one to the next. */
struct tml_taps_dsp {
    const int8_t *input;
    int32_t weights;
    int32_t rows, columns;
    int32_t input_row_step, weights_row_step;
};

static void tml_four_channels(const struct tml_depthwise_conv_2d_dsp *p,
                              const struct tml_taps_dsp *taps, const int8_t *weights,
                              int32_t channel, int32_t *sums)
{
    int16x2_t offset = (int16x2_t)p->input_offset;
    const int8_t *input = taps->input + channel;
    weights += taps->weights + channel;
    int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    for (int32_t row = 0; row < taps->rows; row++) {
        const int8_t *in = input, *weight = weights;
        for (int32_t column = 0; column < taps->columns; column++) {
            uint32_t x = tml_load_four(in), w = tml_load_four(weight);
            int32_t x02 = (int32_t)__sxtab16(offset, (int8x4_t)x);
            int32_t x13 = (int32_t)__sxtab16(offset, (int8x4_t)tml_rotate_byte(x));
            int32_t w02 = (int32_t)tml_even_lanes(w), w13 = (int32_t)tml_odd_lanes(w);
            sum0 = __smlabb(x02, w02, sum0);
            sum1 = __smlabb(x13, w13, sum1);
            sum2 = __smlatt(x02, w02, sum2);
            sum3 = __smlatt(x13, w13, sum3);
            in += p->channels.count;
            weight += p->channels.count;
        }
        input += taps->input_row_step;
        weights += taps->weights_row_step;
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
}

static void tml_depthwise_pixel_dsp(const struct tml_depthwise_conv_2d_dsp *p,
                                    const struct tml_constants_dsp *constants,
                                    const struct tml_taps_dsp *taps, int8_t *output)
{
    int32_t end = p->channels.count;
    for (int32_t channel = 0; channel < end; channel += TML_SUMS_DSP) {
        int32_t left = end - channel;
        /* The last four channels may begin among the former. */
        int32_t first = left < TML_SUMS_DSP ? end - TML_SUMS_DSP : channel;
        int32_t sums[TML_SUMS_DSP];
        tml_four_channels(p, taps, constants->weights, first, sums);
        tml_store_dsp(&p->channels, constants, sums, first, output);
    }
}

/* As tml_clip, of taps side by side, some of which lie inside. */
static inline struct tml_span tml_near_span(int32_t start, int32_t taps, int32_t limit)
{
    int32_t inside = limit - start;
    struct tml_span span = {start < 0 ? -start : 0, inside < taps ? inside : taps};
    return span;
}

void tml_depthwise_conv_2d_dsp(const struct tml_depthwise_conv_2d_dsp *p, const int8_t *input,
                               const int32_t *words, int8_t *output)
{
    const struct tml_window *w = &p->window;
    int32_t depth = p->channels.count;
    int32_t size = w->height * w->width * depth;
    const struct tml_constants_dsp constants = tml_constants_of(&p->channels, words, (size + 3) & ~3);
    struct tml_taps_dsp taps = {
        .input_row_step = w->input_width * depth,
        .weights_row_step = w->width * depth,
    };
    for (int32_t batch = 0; batch < w->batches; batch++) {
        int32_t y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {
            struct tml_span rows = tml_near_span(y, w->height, w->input_height);
            int32_t x = -w->pad_left;
            for (int32_t column = 0; column < w->output_width; column++, x += w->stride_width) {
                struct tml_span columns = tml_near_span(x, w->width, w->input_width);
                taps.rows = rows.end - rows.first;
                taps.columns = columns.end - columns.first;
                taps.input =
                    input + ((y + rows.first) * w->input_width + x + columns.first) * depth;
                taps.weights = (rows.first * w->width + columns.first) * depth;
                tml_depthwise_pixel_dsp(p, &constants, &taps, output);
                output += depth;
            }
        }
        input += w->input_height * w->input_width * depth;
    }
}
