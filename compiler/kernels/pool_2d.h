/* What MAX_POOL_2D and AVERAGE_POOL_2D are told. */
#ifndef TML_POOL_2D_H
#define TML_POOL_2D_H

#include <stdint.h>

#include "window.h"

struct tml_pool_2d {
    struct tml_window window;
    int32_t depth;
    int32_t activation_min, activation_max;
};

/* Where the window of one output pixel lies on one image of the input. */
struct tml_pool_area {
    const int8_t *corner;
    int32_t rows, columns;
};

static inline struct tml_pool_area tml_pool_area(const struct tml_pool_2d *p, const int8_t *image,
                                                 int32_t y, int32_t x)
{
    const struct tml_window *w = &p->window;
    struct tml_span rows = tml_clip(y, 1, w->height, w->input_height);
    struct tml_span columns = tml_clip(x, 1, w->width, w->input_width);
    struct tml_pool_area area = {
        .corner = image + ((y + rows.first) * w->input_width + x + columns.first) * p->depth,
        .rows = rows.end - rows.first,
        .columns = columns.end - columns.first,
    };
    return area;
}

#endif
