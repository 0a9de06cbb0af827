/* CONV_2D, int8: blocks of two pixels by two channels. */
#include "conv_2d_scalar.h"

#include <stddef.h>

#include "block_scalar.h"
#include "patch_scalar.h"
#include "requantize.h"

/* What the channels of an operator are computed with. */
struct tml_channels {
    const int8_t *filter;
    const int32_t *bias, *multiplier;
    const int8_t *shift;
};

static int8_t tml_channel(const struct tml_conv_2d_scalar *p, const struct tml_channels *c,
                          int32_t channel, int32_t sum)
{
    int32_t step = channel * p->channel_step;
    sum = tml_requantize(sum + c->bias[channel], c->multiplier[step], c->shift[step]);
    return tml_clamp(sum + p->output_offset, p->activation_min, p->activation_max);
}

/* Where a window's input is, and where its pixel goes. */
struct tml_pixels {
    const int8_t *in[2];
    int8_t *out[2];
};

static void tml_pixels(const struct tml_conv_2d_scalar *p, const struct tml_channels *c,
                       const struct tml_pixels *at, int32_t pixels)
{
    int32_t size = p->window.height * p->window.width * p->input_depth;
    const int8_t *filter = c->filter;
    for (int32_t first = 0; first < p->output_depth; first += 2) {
        int32_t one = first + 1 < p->output_depth ? 1 : 0; /* else the last channel twice */
        int32_t sums[4];
        if (pixels == 2) {
            tml_block_2x2(at->in, filter, filter + one * size, size, sums);
        } else {
            tml_block_1x2(at->in[0], filter, filter + one * size, size, sums);
        }
        for (int32_t pixel = 0; pixel < pixels; pixel++) {
            for (int32_t next = 0; next <= one; next++) {
                int32_t channel = first + next;
                at->out[pixel][channel] = tml_channel(p, c, channel, sums[2 * pixel + next]);
            }
        }
        filter += 2 * size;
    }
}

void tml_conv_2d_scalar(const struct tml_conv_2d_scalar *p, const int8_t *input,
                        const int8_t *filter, const int32_t *bias, const int32_t *multiplier,
                        const int8_t *shift, int8_t *patches, int8_t *output)
{
    const struct tml_window *w = &p->window;
    const struct tml_channels channels = {filter, bias, multiplier, shift};
    int32_t size = w->height * w->width * p->input_depth;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        int32_t y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {
            int32_t x = -w->pad_left;
            int32_t pixels = 0;
            struct tml_pixels at;
            for (int32_t column = 1; column <= w->output_width; column++, x += w->stride_width) {
                if (patches == NULL) {
                    at.in[pixels] = input + (y * w->input_width + x) * p->input_depth;
                } else {
                    int8_t *patch = patches + pixels * size;
                    tml_patch(w, p->input_depth, p->border, input, y, x, patch);
                    at.in[pixels] = patch;
                }
                at.out[pixels++] = output;
                output += p->output_depth;
                if (pixels == p->pixels || column == w->output_width) {
                    tml_pixels(p, &channels, &at, pixels);
                    pixels = 0;
                }
            }
        }
        input += w->input_height * w->input_width * p->input_depth;
    }
}
