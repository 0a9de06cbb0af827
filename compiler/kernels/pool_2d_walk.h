/* What MAX_POOL_2D and AVERAGE_POOL_2D of one type share, as a macro over the type. */
#ifndef TML_POOL_2D_WALK_H
#define TML_POOL_2D_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "window.h"

/* A view is one channel of the input below the window of an output pixel: the first value, how
 * many rows and columns of them there are, and the elements from one to the next. The walk goes
 * over all windows; it is to be inlined, so that the function called is known. `clamp` takes
 * what that gives, of the type `result`, and the structure's ends. */
#define TML_DEFINE_POOL_WALK(kind, type, result, clamp)                                        \
    struct tml_pool_view_##kind {                                                              \
        const type *first;                                                                     \
        int32_t rows, columns;                                                                 \
        int32_t row_step, column_step;                                                         \
    };                                                                                         \
    typedef result tml_pool_function_##kind(const struct tml_pool_view_##kind *view);          \
    static inline void tml_pool_2d_##kind##_walk(const struct tml_pool_2d_##kind *p,           \
                                                 const type *input, type *output,              \
                                                 tml_pool_function_##kind *pool)               \
    {                                                                                          \
        const struct tml_window *w = &p->window;                                               \
        struct tml_pool_view_##kind view = {NULL, 0, 0, w->input_width * p->depth, p->depth};  \
        for (int32_t batch = 0; batch < w->batches; batch++) {                                 \
            int32_t y = -w->pad_top;                                                           \
            for (int32_t row = 0; row < w->output_height; row++, y += w->stride_height) {      \
                struct tml_span rows = tml_clip(y, 1, w->height, w->input_height);             \
                int32_t x = -w->pad_left;                                                      \
                view.rows = rows.end - rows.first;                                             \
                for (int32_t column = 0; column < w->output_width; column++) {                 \
                    struct tml_span columns = tml_clip(x, 1, w->width, w->input_width);        \
                    int32_t pixel = (y + rows.first) * w->input_width + x + columns.first;     \
                    view.columns = columns.end - columns.first;                                \
                    for (int32_t channel = 0; channel < p->depth; channel++) {                 \
                        view.first = input + pixel * p->depth + channel;                       \
                        *output++ = clamp(pool(&view), &p->ends);                              \
                    }                                                                          \
                    x += w->stride_width;                                                      \
                }                                                                              \
            }                                                                                  \
            input += w->input_height * w->input_width * p->depth;                              \
        }                                                                                      \
    }

#endif
