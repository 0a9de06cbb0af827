/* MAX_POOL_2D, int8. */
#include "max_pool_2d.h"

#include "requantize.h"

static void tml_max_pool_2d_pixel(const struct tml_pool_2d *p, struct tml_pool_area area,
                                  int8_t *output)
{
    int32_t row_step = p->window.input_width * p->depth;
    for (int32_t channel = 0; channel < p->depth; channel++) {
        const int8_t *row = area.corner++;
        int32_t greatest = INT8_MIN;
        for (int32_t y = 0; y < area.rows; y++) {
            const int8_t *in = row;
            for (int32_t x = 0; x < area.columns; x++) {
                greatest = *in > greatest ? *in : greatest;
                in += p->depth;
            }
            row += row_step;
        }
        *output++ = tml_clamp(greatest, p->activation_min, p->activation_max);
    }
}

void tml_max_pool_2d(const struct tml_pool_2d *p, const int8_t *input, int8_t *output)
{
    const struct tml_window *w = &p->window;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        int32_t y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {
            int32_t x = -w->pad_left;
            for (int32_t column = 0; column < w->output_width; column++, x += w->stride_width) {
                tml_max_pool_2d_pixel(p, tml_pool_area(p, input, y, x), output);
                output += p->depth;
            }
        }
        input += w->input_height * w->input_width * p->depth;
    }
}
