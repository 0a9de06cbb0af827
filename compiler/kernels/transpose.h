#ifndef TML_TRANSPOSE_H
#define TML_TRANSPOSE_H

#include <stdint.h>

#define TML_TRANSPOSE_RANK 5

/* By output dimension, the outermost first, padded with leading ones: its extent, and the bytes
 * of input from one index to the next. */
struct tml_transpose {
    int32_t extent[TML_TRANSPOSE_RANK];
    int32_t step[TML_TRANSPOSE_RANK];
};

void tml_transpose(const struct tml_transpose *p, const int8_t *input, int8_t *output);

#endif
