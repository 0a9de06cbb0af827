/* What convolutions see of their input, output pixel by output pixel. */
#ifndef TML_VIEW_H
#define TML_VIEW_H

#include <stdint.h>

#include "window.h"

/* Where the first tap of an output pixel's window lies. */
struct tml_walk {
    int32_t batch, y, x;
};

static inline struct tml_walk tml_walk_begin(const struct tml_window *w)
{
    struct tml_walk walk = {0, -w->pad_top, -w->pad_left};
    return walk;
}

/* Row-major; behind the last one `batch` is w->batches. */
static inline void tml_walk_on(const struct tml_window *w, struct tml_walk *walk)
{
    walk->x += w->stride_width;
    if (walk->x == w->output_width * w->stride_width - w->pad_left) {
        walk->x = -w->pad_left;
        walk->y += w->stride_height;
    }
    if (walk->y == w->output_height * w->stride_height - w->pad_top) {
        walk->y = -w->pad_top;
        walk->batch++;
    }
}

/* The taps that lie on the input, and where they begin: in pixels of all batches, in taps of the
 * filter; 0 where the window lies on padding alone. */
struct tml_view {
    struct tml_span rows, columns;
    int32_t pixel, tap;
};

static inline struct tml_view tml_view_at(const struct tml_window *w, const struct tml_walk *walk)
{
    struct tml_span rows = tml_clip(walk->y, w->dilation_height, w->height, w->input_height);
    struct tml_span columns = tml_clip(walk->x, w->dilation_width, w->width, w->input_width);
    struct tml_view view = {rows, columns, 0, 0};
    if (rows.first < rows.end && columns.first < columns.end) {
        int32_t y = walk->y + rows.first * w->dilation_height;
        int32_t x = walk->x + columns.first * w->dilation_width;
        view.pixel = (walk->batch * w->input_height + y) * w->input_width + x;
        view.tap = rows.first * w->width + columns.first;
    }
    return view;
}

#endif
