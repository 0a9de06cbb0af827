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

/* Of windows whose rows have no gaps: bytes of a row, and steps on the input. */
struct tml_rows_mve {
    int32_t rows, size, row_step, window_step;
};

/* One window that lies on the input. */
static inline void tml_copy_rows_mve(const struct tml_rows_mve *p, const int8_t *from, int8_t *to)
{
    for (int32_t rows = p->rows; rows > 0; rows--) {
        int8_t *row = to;
        const int8_t *source = from;
        int32_t left = p->size;
        do {
            mve_pred16_t lanes = vctp8q((uint32_t)left);
            vstrbq_p_s8(row, vldrbq_z_s8(source, lanes), lanes);
            row += 16;
            source += 16;
            left -= 16;
        } while (left > 0);
        to += p->size;
        from += p->row_step;
    }
}

/* Windows that lie on the input, `stride` bytes apart in scratch memory. */
static inline void tml_copy_inner_mve(const struct tml_rows_mve *given, const int8_t *from,
                                      int32_t windows, int8_t *to, int32_t stride)
{
    const struct tml_rows_mve p = *given;
    mve_pred16_t lanes = vctp8q((uint32_t)p.size);
    /* Hides where it comes from: clang 22 would take its operand for what the loop counts. */
    __asm__("" : "+r"(lanes));
    for (; windows > 0; windows--) {
        if (p.size <= 16) {
            const int8_t *source = from;
            int8_t *row = to;
            for (int32_t rows = p.rows; rows > 0; rows--) {
                vstrbq_p_s8(row, vldrbq_z_s8(source, lanes), lanes);
                row += p.size;
                source += p.row_step;
            }
        } else {
            tml_copy_rows_mve(&p, from, to);
        }
        from += p.window_step;
        to += stride;
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

/* Goes on by windows that are all in one row. */
static inline void tml_step_mve(const struct tml_window *w, int32_t image_size, int32_t windows,
                                struct tml_walk_mve *at)
{
    at->x += windows * w->stride_width;
    at->column += windows;
    if (at->column < w->output_width) {
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

/* How many of the next windows of the row lie on the input; at most `most`. */
static inline int32_t tml_inner_mve(const struct tml_window *w, const struct tml_walk_mve *at,
                                    int32_t most)
{
    int32_t room = w->input_width - w->width - at->x;
    if (!at->inner || at->x < 0 || room < 0) {
        return 0;
    }
    int32_t windows = room / w->stride_width + 1;
    windows = windows < w->output_width - at->column ? windows : w->output_width - at->column;
    return windows < most ? windows : most;
}

/* One window, wherever it lies. */
static inline void tml_copy_window_mve(const struct tml_window *w, int32_t depth, int32_t padding,
                                       const struct tml_walk_mve *at, int8_t *to)
{
    int32_t row_size = w->input_width * depth;
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

/* The next windows, `stride` bytes apart. */
static inline void tml_copy_windows_mve(const struct tml_window *w, int32_t depth, int32_t padding,
                                        struct tml_walk_mve *at, int32_t windows, int8_t *to,
                                        int32_t stride)
{
    int32_t row_size = w->input_width * depth;
    const struct tml_rows_mve rows = {
        w->height, w->width * depth, w->dilation_height * row_size, w->stride_width * depth};
    while (windows > 0) {
        int32_t done = tml_inner_mve(w, at, windows);
        if (done > 0) {
            tml_copy_inner_mve(&rows, at->image + at->y * row_size + at->x * depth, done, to,
                               stride);
        } else {
            tml_copy_window_mve(w, depth, padding, at, to);
            done = 1;
        }
        tml_step_mve(w, w->input_height * row_size, done, at);
        windows -= done;
        to += done * stride;
    }
}

#endif
