/* CONV_2D and FULLY_CONNECTED, int8: two weights to a word. */
#include "conv_2d_narrow.h"

#include <stddef.h>

#include "pairs_narrow.h"
#include "patch_scalar.h"

/* All channels of a pixel. */
static void tml_pixel(const int32_t *runs, const int32_t *end, struct tml_pairs_narrow *pairs)
{
    for (; runs != end; runs += 3) {
        pairs->middle = pairs->x + runs[1];
        pairs->blocks = runs[2];
        tml_pairs_narrow(pairs, runs[0]);
    }
}

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
                struct tml_pairs_narrow pairs = {
                    .x = in,
                    .end = in + taps,
                    .words = words,
                    .channels = channels,
                    .output = output,
                };
                tml_pixel(runs, runs + 3 * p->groups, &pairs);
                output += p->output_depth;
            }
        }
        input += w->input_height * w->input_width * p->input_depth;
    }
}
