#ifndef TML_STRIDED_H
#define TML_STRIDED_H

#include <stdint.h>

#define TML_STRIDED_RANK 5

/* Nested loops over blocks of bytes, the outermost first, padded with leading ones; steps are in
 * bytes, from one block to the next of the same loop. */
struct tml_strided {
    int32_t extent[TML_STRIDED_RANK];
    int32_t input_step[TML_STRIDED_RANK];
    int32_t output_step[TML_STRIDED_RANK];
    int32_t bytes;
};

void tml_strided(const struct tml_strided *p, const int8_t *input, int8_t *output);

#endif
