/* What convolutions and pools share: a window that moves over height and width. */
#ifndef TML_WINDOW_H
#define TML_WINDOW_H

#include <stdint.h>

struct tml_window {
    int32_t batches;
    int32_t input_height, input_width;
    int32_t output_height, output_width;
    int32_t height, width;
    int32_t stride_height, stride_width;
    int32_t dilation_height, dilation_width;
    int32_t pad_top, pad_left;
};

/* The taps [first, end) of a window that lie inside the input. */
struct tml_span {
    int32_t first, end;
};

static inline struct tml_span tml_clip(int32_t start, int32_t step, int32_t taps, int32_t limit)
{
    struct tml_span span = {0, 0};
    while (span.first < taps && start < 0) {
        start += step;
        span.first++;
    }
    span.end = span.first;
    while (span.end < taps && start < limit) {
        start += step;
        span.end++;
    }
    return span;
}

#endif
