/* CONV_2D and FULLY_CONNECTED, int8: two weights to a word. */
#include "conv_2d_narrow.h"

#include <stddef.h>

#include "pairs_narrow.h"
#include "patch_scalar.h"

void tml_conv_2d_narrow(const struct tml_conv_2d_narrow *p, const int8_t *input,
                        const int32_t *runs, const int32_t *words,
                        const int32_t *channels, int8_t *patch, int8_t *output)
{
    const struct tml_window *w = &p->window;
    int32_t taps = w->height * w->width * p->input_depth;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        int32_t y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {
            int32_t x = -w->pad_left;
            for (int32_t column = 0; column < w->output_width; column++, x += w->stride_width) {
                const int8_t *in = patch;
                if (patch == NULL) {
                    in = input + (y * w->input_width + x) * p->input_depth;
                } else {
                    tml_patch(w, p->input_depth, p->border, input, y, x, patch);
                }
                const int32_t *next = words;
                const int32_t *channel = channels;
                for (int32_t block = 0; block < p->blocks; block++) {
                    int32_t sums[4];
                    next = tml_pairs_narrow(in, taps, runs[2 * block], runs[2 * block + 1], next,
                                            sums);
                    for (int32_t lane = 0; lane < 4; lane++) {
                        output[channel[TML_STEPS]] = tml_step_narrow(channel, sums[lane]);
                        channel += TML_CHANNEL_NARROW;
                    }
                }
                output += p->output_depth;
            }
        }
        input += w->input_height * w->input_width * p->input_depth;
    }
}
