/* A window and the padding in it, copied to where its bytes are neighbours. */
#ifndef TML_COPY_WINDOW_MVE_H
#define TML_COPY_WINDOW_MVE_H

#include <arm_mve.h>
#include <stdint.h>

#include "window.h"

static inline int8_t *tml_copy_mve(int8_t *to, const int8_t *from, int32_t size)
{
    int8_t *end = to + size;
    for (int32_t left = size; left > 0; left -= 16) {
        mve_pred16_t lanes = vctp8q((uint32_t)left);
        vstrbq_p_s8(to, vldrbq_z_s8(from, lanes), lanes);
        to += 16;
        from += 16;
    }
    return end;
}

static inline int8_t *tml_fill_mve(int8_t *to, int32_t value, int32_t size)
{
    int8_t *end = to + size;
    for (int32_t left = size; left > 0; left -= 16) {
        vstrbq_p_s8(to, vdupq_n_s8((int8_t)value), vctp8q((uint32_t)left));
        to += 16;
    }
    return end;
}

/* One row of taps, `columns` of which lie on the input. */
static inline int8_t *tml_copy_row_mve(const struct tml_window *w, int32_t depth, int32_t padding,
                                       const int8_t *row, int32_t x, struct tml_span columns,
                                       int8_t *to)
{
    to = tml_fill_mve(to, padding, columns.first * depth);
    const int8_t *from = row + (x + columns.first * w->dilation_width) * depth;
    if (w->dilation_width == 1) {
        to = tml_copy_mve(to, from, (columns.end - columns.first) * depth);
    } else {
        for (int32_t i = columns.first; i < columns.end; i++) {
            to = tml_copy_mve(to, from, depth);
            from += w->dilation_width * depth;
        }
    }
    return tml_fill_mve(to, padding, (w->width - columns.end) * depth);
}

/* All of a window on the input, and its rows without gaps. */
static inline void tml_copy_inner_mve(int8_t *to, const int8_t *from, int32_t rows, int32_t size,
                                      int32_t step)
{
    if (size <= 16) {
        mve_pred16_t lanes = vctp8q((uint32_t)size);
        for (; rows > 0; rows--) {
            vstrbq_p_s8(to, vldrbq_z_s8(from, lanes), lanes);
            to += size;
            from += step;
        }
        return;
    }
    for (; rows > 0; rows--) {
        int8_t *row = to;
        const int8_t *source = from;
        int32_t left = size;
        do {
            mve_pred16_t lanes = vctp8q((uint32_t)left);
            vstrbq_p_s8(row, vldrbq_z_s8(source, lanes), lanes);
            row += 16;
            source += 16;
            left -= 16;
        } while (left > 0);
        to += size;
        from += step;
    }
}

/* A walk of a window over all pixels of the output, row by row and image by image. */
struct tml_walk_mve {
    const int8_t *image;
    int32_t row, column; /* of the output */
    int32_t y, x;        /* where the window begins on the input */
    int inner;           /* whether no row of it lies beside the input */
};

static inline void tml_begin_row_mve(const struct tml_window *w, struct tml_walk_mve *at)
{
    at->column = 0;
    at->x = -w->pad_left;
    at->inner = w->dilation_width == 1 && at->y >= 0 &&
                at->y + (w->height - 1) * w->dilation_height < w->input_height;
}

static inline struct tml_walk_mve tml_begin_walk_mve(const struct tml_window *w,
                                                     const int8_t *input)
{
    struct tml_walk_mve at = {.image = input, .y = -w->pad_top};
    tml_begin_row_mve(w, &at);
    return at;
}

static inline void tml_step_mve(const struct tml_window *w, int32_t image_size,
                                struct tml_walk_mve *at)
{
    at->x += w->stride_width;
    if (++at->column < w->output_width) {
        return;
    }
    at->y += w->stride_height;
    if (++at->row == w->output_height) {
        at->row = 0;
        at->y = -w->pad_top;
        at->image += image_size;
    }
    tml_begin_row_mve(w, at);
}

static inline void tml_copy_window_mve(const struct tml_window *w, int32_t depth, int32_t padding,
                                       const struct tml_walk_mve *at, int8_t *to)
{
    int32_t row_size = w->input_width * depth;
    if (at->inner && at->x >= 0 && at->x + w->width <= w->input_width) {
        tml_copy_inner_mve(to, at->image + at->y * row_size + at->x * depth, w->height,
                           w->width * depth, w->dilation_height * row_size);
        return;
    }
    struct tml_span columns = tml_clip(at->x, w->dilation_width, w->width, w->input_width);
    int32_t y = at->y;
    for (int32_t i = 0; i < w->height; i++, y += w->dilation_height) {
        if (y < 0 || y >= w->input_height) {
            to = tml_fill_mve(to, padding, w->width * depth);
        } else {
            to = tml_copy_row_mve(w, depth, padding, at->image + y * row_size, at->x, columns, to);
        }
    }
}

#endif
