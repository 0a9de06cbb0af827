/* Windows as stretches of bytes, see patch_scalar.h. */
#include "patch_scalar.h"

#include <stdint.h>

/* Keeps compilers from making a call of memcpy of a loop: small libraries copy byte by byte. */
#define TML_KEEP_LOOP() __asm__ volatile("" ::: "memory")

static void tml_copy(int8_t *to, const int8_t *from, int32_t size)
{
    const int8_t *end = from + size;
    if ((((uintptr_t)to | (uintptr_t)from | (uintptr_t)size) & 3u) == 0) {
        for (; from != end; from += 4, to += 4) {
            __builtin_memcpy(__builtin_assume_aligned(to, 4), __builtin_assume_aligned(from, 4), 4);
            TML_KEEP_LOOP();
        }
    }
    while (from != end) {
        *to++ = *from++;
        TML_KEEP_LOOP();
    }
}

static void tml_fill(int8_t *to, int32_t value, int32_t size)
{
    for (const int8_t *end = to + size; to != end;) {
        *to++ = (int8_t)value;
    }
}

void tml_patch(const struct tml_window *w, int32_t depth, int32_t border, const int8_t *image,
               int32_t y, int32_t x, int8_t *patch)
{
    struct tml_span columns = tml_clip(x, 1, w->width, w->input_width);
    int32_t size = w->width * depth;
    int32_t first = columns.first * depth, end = columns.end * depth;
    for (int32_t row = 0; row < w->height; row++, y += w->dilation_height) {
        if (y < 0 || y >= w->input_height || first == end) {
            tml_fill(patch, border, size);
        } else {
            tml_fill(patch, border, first);
            tml_copy(patch + first, image + ((y * w->input_width + x) * depth + first),
                     end - first);
            tml_fill(patch + end, border, size - end);
        }
        patch += size;
    }
}

void tml_patch_channels(const struct tml_window *w, int32_t depth, int32_t channels,
                        int32_t border, const int8_t *image, int32_t y, int32_t x, int8_t *patch)
{
    for (int32_t row = 0; row < w->height; row++, y += w->dilation_height) {
        int32_t tap_x = x;
        for (int32_t column = 0; column < w->width; column++, tap_x += w->dilation_width) {
            if (y < 0 || y >= w->input_height || tap_x < 0 || tap_x >= w->input_width) {
                tml_fill(patch, border, channels);
            } else {
                tml_copy(patch, image + (y * w->input_width + tap_x) * depth, channels);
            }
            patch += channels;
        }
    }
}
