/* The sum of a filter's products with what it lies on, int8. */
#ifndef TML_CORRELATE_H
#define TML_CORRELATE_H

#include <stdint.h>

#include "loops.h"
#include "patch.h"

static inline int32_t tml_correlate(const struct tml_patch *patch, const int8_t *input,
                                    const int8_t *filter, int32_t input_offset)
{
    int32_t sum = 0;
    TML_ROLLED
    for (int32_t row = 0; row < patch->rows; row++) {
        const int8_t *in = input;
        const int8_t *weight = filter;
        TML_ROLLED
        for (int32_t run = 0; run < patch->runs; run++) {
            for (int32_t i = 0; i < patch->length; i++) {
                sum += (in[i] + input_offset) * *weight++;
            }
            in += patch->input_run_step;
        }
        input += patch->input_row_step;
        filter += patch->filter_row_step;
    }
    return sum;
}

#endif
