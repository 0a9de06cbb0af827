/* What float MAX_POOL_2D and AVERAGE_POOL_2D share. */
#ifndef TML_POOL_2D_FLOAT_H
#define TML_POOL_2D_FLOAT_H

#include <stddef.h>
#include <stdint.h>

#include "clamp_float.h"
#include "window.h"

struct tml_pool_2d_float {
    struct tml_window window;
    int32_t depth;
    struct tml_ends_float ends;
};

/* One channel of the input below the window of an output pixel: the first value, how many rows and
 * columns of them there are, and the elements from one to the next. */
struct tml_pool_view {
    const float *first;
    int32_t rows, columns;
    int32_t row_step, column_step;
};

typedef float tml_pool_function(const struct tml_pool_view *view);

/* Walks all windows; to be inlined, so that the function called is known. */
static inline void tml_pool_2d_float_walk(const struct tml_pool_2d_float *p, const float *input,
                                          float *output, tml_pool_function *pool)
{
    const struct tml_window *w = &p->window;
    struct tml_pool_view view = {NULL, 0, 0, w->input_width * p->depth, p->depth};
    for (int32_t batch = 0; batch < w->batches; batch++) {
        int32_t y = -w->pad_top;
        for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {
            struct tml_span rows = tml_clip(y, 1, w->height, w->input_height);
            int32_t x = -w->pad_left;
            view.rows = rows.end - rows.first;
            for (int32_t column = 0; column < w->output_width; column++, x += w->stride_width) {
                struct tml_span columns = tml_clip(x, 1, w->width, w->input_width);
                int32_t pixel = (y + rows.first) * w->input_width + x + columns.first;
                view.columns = columns.end - columns.first;
                for (int32_t channel = 0; channel < p->depth; channel++) {
                    view.first = input + pixel * p->depth + channel;
                    *output++ = tml_clamp_float(pool(&view), &p->ends);
                }
            }
        }
        input += w->input_height * w->input_width * p->depth;
    }
}

#endif
