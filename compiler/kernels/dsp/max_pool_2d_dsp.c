/* MAX_POOL_2D, int8: four channels at a time. */
#include "max_pool_2d_dsp.h"

#include "lanes_dsp.h"
#include "loops_dsp.h"

/* The greater of each two bytes. */
static inline uint32_t tml_greater(uint32_t a, uint32_t b)
{
    uint32_t greater;
    __asm__("ssub8 %0, %1, %2\n\t"
            "sel %0, %1, %2"
            : "=&r"(greater)
            : "r"(a), "r"(b)
            : "cc");
    return greater;
}

static inline uint32_t tml_greatest(struct tml_pool_area area, const int8_t *corner,
                                    int32_t row_step, int32_t depth)
{
    uint32_t greatest = 0x80808080u; /* INT8_MIN */
    const int32_t gap = row_step - area.columns * depth;
    for (int32_t rows = area.rows; rows > 0; rows--, corner += gap) {
        TML_ROLLED
        for (int32_t columns = area.columns; columns > 0; columns--, corner += depth) {
            greatest = tml_greater(greatest, tml_load_four(corner));
        }
    }
    return greatest;
}

void tml_max_pool_2d_dsp(const struct tml_pool_2d *p, const int8_t *input, int8_t *output)
{
    const struct tml_window *w = &p->window;
    const int32_t depth = p->depth, row_step = w->input_width * depth;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        int32_t y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {
            int32_t x = -w->pad_left;
            for (int32_t column = 0; column < w->output_width; column++, x += w->stride_width) {
                const struct tml_pool_area area = tml_pool_area(p, input, y, x);
                for (int32_t channel = 0; channel < depth; channel += 4) {
                    /* The last four may begin among the former. */
                    int32_t first = depth - channel < 4 ? depth - 4 : channel;
                    uint32_t four = tml_greatest(area, area.corner + first, row_step, depth);
                    __builtin_memcpy(output + first, &four, sizeof four);
                }
                output += depth;
            }
        }
        input += w->input_height * row_step;
    }
}
