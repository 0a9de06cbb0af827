/* The part of a convolution's filter that lies on the input. */
#ifndef TML_PATCH_H
#define TML_PATCH_H

#include <stdint.h>

#include "view.h"

/* `rows` times `runs` stretches of `length` elements, in the filter one behind the other. */
struct tml_patch {
    int32_t rows, runs, length;
    int32_t input_row_step, input_run_step;
    int32_t filter_row_step;
};

/* What a view sees of an input of `depth` channels, of which the filter has `filter_depth`. */
static inline struct tml_patch tml_patch_of(const struct tml_window *w, const struct tml_view *view,
                                            int32_t depth, int32_t filter_depth)
{
    struct tml_patch patch = {
        .rows = view->rows.end - view->rows.first,
        .runs = view->columns.end - view->columns.first,
        .length = filter_depth,
        .input_row_step = w->dilation_height * w->input_width * depth,
        .input_run_step = w->dilation_width * depth,
        .filter_row_step = w->width * filter_depth,
    };
    if (w->dilation_width == 1 && filter_depth == depth) { /* neighbours in both */
        patch.length *= patch.runs;
        patch.runs = 1;
    }
    return patch;
}

#endif
