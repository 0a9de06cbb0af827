/* DEPTHWISE_CONV_2D, int8, with requantisation by steps. */
#include "depthwise_conv_2d_narrow.h"

#include "patch_scalar.h"

/* Three taps that lie a depth apart. */
static inline int32_t tml_three(const int8_t *in, int32_t depth, const int8_t *filter)
{
    return in[0] * filter[0] + in[depth] * filter[1] + in[2 * depth] * filter[2];
}

static inline int32_t tml_nine(const int8_t *in, int32_t depth, const int8_t *filter)
{
    int32_t sum = tml_three(in, depth, filter);
    sum += tml_three(in + 3 * depth, depth, filter + 3);
    return sum + tml_three(in + 6 * depth, depth, filter + 6);
}

static inline int32_t tml_taps(const int8_t *in, int32_t depth, const int8_t *filter, int32_t taps)
{
    int32_t sum = 0;
    for (const int8_t *end = filter + taps; filter != end; filter++, in += depth) {
        sum += *in * *filter;
    }
    return sum;
}

static void tml_depthwise_channels(const struct tml_depthwise_conv_2d_narrow *p,
                                   const int8_t *filter, const int32_t *steps,
                                   const int8_t *patch, int8_t *output)
{
    int32_t taps = p->window.height * p->window.width;
    const int32_t *end = steps + p->depth * TML_STEPS;
    if (taps == 9) {
        for (; steps != end; steps += TML_STEPS, filter += 9) {
            *output++ = tml_step_narrow(steps, tml_nine(patch++, p->depth, filter));
        }
    } else {
        for (; steps != end; steps += TML_STEPS, filter += taps) {
            *output++ = tml_step_narrow(steps, tml_taps(patch++, p->depth, filter, taps));
        }
    }
}

void tml_depthwise_conv_2d_narrow(const struct tml_depthwise_conv_2d_narrow *p,
                                  const int8_t *input, const int8_t *filter,
                                  const int32_t *steps, int8_t *patch,
                                  int8_t *output)
{
    const struct tml_window *w = &p->window;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        int32_t y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {
            int32_t x = -w->pad_left;
            for (int32_t column = 0; column < w->output_width; column++, x += w->stride_width) {
                tml_patch(w, p->depth, p->border, input, y, x, patch);
                tml_depthwise_channels(p, filter, steps, patch, output);
                output += p->depth;
            }
        }
        input += w->input_height * w->input_width * p->depth;
    }
}
