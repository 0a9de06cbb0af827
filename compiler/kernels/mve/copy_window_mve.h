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

/* The window of an output's pixel; `row` counts those of all images. */
static inline void tml_copy_window_mve(const struct tml_window *w, int32_t depth, int32_t padding,
                                       const int8_t *input, int32_t row, int32_t column, int8_t *to)
{
    int32_t image = row / w->output_height;
    int32_t y = (row - image * w->output_height) * w->stride_height - w->pad_top;
    int32_t x = column * w->stride_width - w->pad_left;
    struct tml_span columns = tml_clip(x, w->dilation_width, w->width, w->input_width);
    int32_t row_size = w->input_width * depth;
    const int8_t *first = input + image * w->input_height * row_size;
    for (int32_t i = 0; i < w->height; i++, y += w->dilation_height) {
        if (y < 0 || y >= w->input_height) {
            to = tml_fill_mve(to, padding, w->width * depth);
        } else {
            to = tml_copy_row_mve(w, depth, padding, first + y * row_size, x, columns, to);
        }
    }
}

#endif
