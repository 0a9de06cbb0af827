/* DEPTHWISE_CONV_2D, int8, a channel for a channel. */
#include "depthwise_conv_2d_scalar.h"

#include "patch_scalar.h"
#include "requantize.h"

/* Sum of products over the taps of one channel, which lie a step apart. */
static int32_t tml_taps(const int8_t *patch, int32_t patch_step, const int8_t *filter,
                        int32_t filter_step, int32_t taps)
{
    int32_t sum = 0;
    for (; taps > 0; taps--) {
        sum += *patch * *filter;
        patch += patch_step;
        filter += filter_step;
    }
    return sum;
}

void tml_depthwise_conv_2d_scalar(const struct tml_depthwise_conv_2d_scalar *p,
                                  const int8_t *input, const int8_t *filter, const int32_t *bias,
                                  const int32_t *multiplier, const int8_t *shift, int8_t *patch,
                                  int8_t *output)
{
    const struct tml_window *w = &p->window;
    int32_t taps = w->height * w->width;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        int32_t y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {
            int32_t x = -w->pad_left;
            for (int32_t column = 0; column < w->output_width; column++, x += w->stride_width) {
                const int8_t *in = patch;
                for (int32_t channel = 0; channel < p->depth; channel++) {
                    if (in == patch) {
                        tml_patch_channels(w, p->depth, p->block, p->border, input + channel, y, x,
                                           patch);
                    }
                    int32_t sum = tml_taps(in, p->block, filter + channel, p->depth, taps);
                    int32_t step = channel * p->channel_step;
                    sum = tml_requantize(sum + bias[channel], multiplier[step], shift[step]);
                    *output++ = tml_clamp(sum + p->output_offset, p->activation_min,
                                          p->activation_max);
                    in = in + 1 == patch + p->block ? patch : in + 1;
                }
            }
        }
        input += w->input_height * w->input_width * p->depth;
    }
}
