/* Windows as rows of bytes: stretches of the input, padded. */
#include "patch_dsp.h"

#include "loops_dsp.h"

static int8_t *tml_fill(int8_t *to, int32_t word, int32_t size)
{
    TML_STEPWISE
    for (; size >= 4; size -= 4) {
        __builtin_memcpy(to, &word, 4);
        to += 4;
    }
    TML_STEPWISE
    for (; size > 0; size--) {
        *to++ = (int8_t)word;
    }
    return to;
}

/* Words, of which the last one may cover bytes of the one before. */
static inline int8_t *tml_copy(int8_t *to, const int8_t *from, int32_t size)
{
    if (size < 4) {
        TML_STEPWISE
        for (; size > 0; size--) {
            *to++ = *from++;
        }
        return to;
    }
    const int8_t *const last = from + size - 4;
    int8_t *const end = to + size;
    TML_STEPWISE
    while (from < last) {
        __builtin_memcpy(to, from, 4);
        from += 4;
        to += 4;
    }
    __builtin_memcpy(end - 4, last, 4);
    return end;
}

static inline int32_t tml_within(int32_t x, int32_t limit)
{
    return x < 0 ? 0 : x > limit ? limit : x;
}

/* `taps` neighbours in each of some rows: bytes of padding before them, of input, of padding
 * behind, and from the first row's input on. */
struct tml_run_dsp {
    int32_t before, size, behind;
    int32_t start;
};

static struct tml_run_dsp tml_run_from(const struct tml_patch_dsp *p, int32_t x, int32_t taps)
{
    int32_t before = tml_within(-x, taps);
    int32_t behind = tml_within(x + taps - p->window.input_width, taps - before);
    struct tml_run_dsp run = {
        .before = before * p->depth,
        .size = (taps - before - behind) * p->depth,
        .behind = behind * p->depth,
        .start = (x + before) * p->depth,
    };
    return run;
}

static int8_t *tml_copy_row(const struct tml_patch_dsp *p, const struct tml_run_dsp *run,
                            const int8_t *row, int8_t *to)
{
    if (run->before > 0) {
        to = tml_fill(to, p->padding, run->before);
    }
    if (run->size > 0) {
        to = tml_copy(to, row + run->start, run->size);
    }
    if (run->behind > 0) {
        to = tml_fill(to, p->padding, run->behind);
    }
    return to;
}

/* A row of taps that are apart, one by one. */
static int8_t *tml_copy_taps(const struct tml_patch_dsp *p, int32_t x, const int8_t *row,
                             int8_t *to)
{
    for (int32_t tap = 0; tap < p->window.width; tap++, x += p->window.dilation_width) {
        const struct tml_run_dsp run = tml_run_from(p, x, 1);
        to = tml_copy_row(p, &run, row, to);
    }
    return to;
}

/* A patch that is partly padding, or whose taps are apart. */
static TML_ALONE void tml_copy_clipped(const struct tml_patch_dsp *p,
                                       const struct tml_walk_dsp *walk, int8_t *to)
{
    const struct tml_window *w = &p->window;
    const int32_t pitch = w->input_width * p->depth;
    const struct tml_run_dsp run = tml_run_from(p, walk->x, w->width);
    int32_t y = walk->y;
    for (int32_t row = 0; row < w->height; row++, y += w->dilation_height) {
        if (y < 0 || y >= w->input_height) {
            to = tml_fill(to, p->padding, w->width * p->depth);
            continue;
        }
        const int8_t *from = walk->image + y * pitch;
        if (w->dilation_width == 1) {
            to = tml_copy_row(p, &run, from, to);
        } else {
            to = tml_copy_taps(p, walk->x, from, to);
        }
    }
}

/* Whether all taps of a patch lie on the input, side by side. */
static inline int tml_inside(const struct tml_window *w, const struct tml_walk_dsp *walk)
{
    return w->dilation_width == 1 && walk->x >= 0 && walk->x + w->width <= w->input_width &&
           walk->y >= 0 && walk->y + (w->height - 1) * w->dilation_height < w->input_height;
}

static inline void tml_copy_patch(const struct tml_patch_dsp *p, const struct tml_walk_dsp *walk,
                                  int8_t *to)
{
    const struct tml_window *w = &p->window;
    if (!tml_inside(w, walk)) {
        tml_copy_clipped(p, walk, to);
        return;
    }
    const int32_t size = w->width * p->depth, width = w->input_width * p->depth;
    const int32_t pitch = w->dilation_height * width;
    const int8_t *row = walk->image + walk->y * width + walk->x * p->depth;
    TML_STEPWISE
    for (int32_t rows = w->height; rows > 0; rows--, row += pitch) {
        to = tml_copy(to, row, size);
    }
}

const int8_t *tml_next_patch(const struct tml_patch_dsp *p, struct tml_walk_dsp *walk, int8_t *to)
{
    const struct tml_window *w = &p->window;
    tml_copy_patch(p, walk, to);
    walk->x += w->stride_width;
    if (walk->x == w->output_width * w->stride_width - w->pad_left) {
        walk->x = -w->pad_left;
        walk->y += w->stride_height;
    }
    if (walk->y == w->output_height * w->stride_height - w->pad_top) {
        walk->y = -w->pad_top;
        walk->image += w->input_height * w->input_width * p->depth;
    }
    return to;
}
