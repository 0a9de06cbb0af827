/* Windows as rows of bytes: stretches of the input, padded. */
#include "patch_dsp.h"

static int8_t *tml_fill(int8_t *to, int32_t word, int32_t size)
{
    for (; size >= 4; size -= 4) {
        __builtin_memcpy(to, &word, 4);
        to += 4;
    }
    for (; size > 0; size--) {
        *to++ = (int8_t)word;
    }
    return to;
}

static int8_t *tml_copy(int8_t *to, const int8_t *from, int32_t size)
{
    for (; size >= 4; size -= 4) {
        __builtin_memcpy(to, from, 4);
        to += 4;
        from += 4;
    }
    for (; size > 0; size--) {
        *to++ = *from++;
    }
    return to;
}

/* Copy `taps` neighbours of the row from x on. */
static int8_t *tml_copy_run(const struct tml_patch_dsp *p, const int8_t *row, int32_t x,
                            int32_t taps, int8_t *to)
{
    int32_t before = x < 0 ? -x : 0;
    before = before > taps ? taps : before;
    int32_t behind = x + taps - p->window.input_width;
    behind = behind < 0 ? 0 : behind;
    behind = behind > taps ? taps : behind;
    to = tml_fill(to, p->padding, before * p->depth);
    int32_t size = (taps - before - behind) * p->depth;
    if (size > 0) {
        to = tml_copy(to, row + (x + before) * p->depth, size);
    }
    return tml_fill(to, p->padding, behind * p->depth);
}

static void tml_copy_patch(const struct tml_patch_dsp *p, const struct tml_walk_dsp *walk,
                           int8_t *to)
{
    const struct tml_window *w = &p->window;
    int32_t taps = w->dilation_width == 1 ? w->width : 1;
    int32_t y = walk->y;
    for (int32_t row = 0; row < w->height; row++, y += w->dilation_height) {
        if (y < 0 || y >= w->input_height) {
            to = tml_fill(to, p->padding, w->width * p->depth);
            continue;
        }
        const int8_t *from = walk->image + y * w->input_width * p->depth;
        int32_t x = walk->x;
        for (int32_t tap = 0; tap < w->width; tap += taps, x += w->dilation_width) {
            to = tml_copy_run(p, from, x, taps, to);
        }
    }
}

const int8_t *tml_next_patch(const struct tml_patch_dsp *p, struct tml_walk_dsp *walk, int8_t *to)
{
    const struct tml_window *w = &p->window;
    const int8_t *patch = to;
    if (p->direct) {
        patch = walk->image + (walk->y * w->input_width + walk->x) * p->depth;
    } else {
        tml_copy_patch(p, walk, to);
    }
    walk->x += w->stride_width;
    if (walk->x == w->output_width * w->stride_width - w->pad_left) {
        walk->x = -w->pad_left;
        walk->y += w->stride_height;
    }
    if (walk->y == w->output_height * w->stride_height - w->pad_top) {
        walk->y = -w->pad_top;
        walk->image += w->input_height * w->input_width * p->depth;
    }
    return patch;
}
