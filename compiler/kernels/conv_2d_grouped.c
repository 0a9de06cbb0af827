/* CONV_2D, int8, of several groups. */
#include "conv_2d_grouped.h"

#include <stddef.h>

#include "correlate.h"
#include "requantize.h"

static void tml_grouped_pixel(const struct tml_conv_2d_grouped *p, const struct tml_patch *patch,
                              const int8_t *input, const int8_t *filter, const int32_t *bias,
                              const int32_t *multiplier, const int8_t *shift, int8_t *output)
{
    int32_t filter_size = p->whole.window.height * p->whole.window.width * p->group.input_depth;
    int32_t left_in_group = p->group.output_depth;
    for (int32_t channel = 0; channel < p->whole.output_depth; channel++) {
        int32_t sum = tml_correlate(patch, input, filter, p->whole.input_offset);
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
    int32_t depth = p->whole.input_depth, filter_depth = p->group.input_depth;
    struct tml_walk walk = tml_walk_begin(w);
    for (; walk.batch < w->batches; tml_walk_on(w, &walk)) {
        struct tml_view view = tml_view_at(w, &walk);
        struct tml_patch patch = tml_patch_of(w, &view, depth, filter_depth);
        tml_grouped_pixel(p, &patch, input + view.pixel * depth,
                          filter + view.tap * filter_depth, bias, multiplier, shift, output);
        output += p->whole.output_depth;
    }
}
