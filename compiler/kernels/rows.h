#ifndef TML_ROWS_H
#define TML_ROWS_H

#include <stdint.h>

/* All in bytes; from the start of a row to that of the next. */
struct tml_rows {
    int32_t rows;
    int32_t bytes;
    int32_t input_step, output_step;
};

void tml_rows(const struct tml_rows *p, const int8_t *input, int8_t *output);

#endif
