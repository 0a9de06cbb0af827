/* CONV_2D, int16 by int8, of one group or more. */
#include "conv_2d_int16.h"

#include "dot_int16.h"
#include "patch.h"
#include "requantize_wide.h"

static int64_t tml_correlate_int16(const struct tml_patch *patch, const int16_t *input,
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

static void tml_conv_2d_int16_pixel(const struct tml_conv_2d_int16 *p,
                                    const struct tml_patch *patch, const int16_t *input,
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
    struct tml_walk walk = tml_walk_begin(w);
    for (; walk.batch < w->batches; tml_walk_on(w, &walk)) {
        struct tml_view view = tml_view_at(w, &walk);
        struct tml_patch patch = tml_patch_of(w, &view, depth, p->filter_depth);
        tml_conv_2d_int16_pixel(p, &patch, input + view.pixel * depth,
                                filter + view.tap * p->filter_depth, bias, multiplier, shift,
                                output);
        output += p->output_depth;
    }
}
