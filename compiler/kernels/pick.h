#ifndef TML_PICK_H
#define TML_PICK_H

#include <stdint.h>

/* All steps in bytes. */
struct tml_pick {
    int32_t batches, batch_step;
    int32_t height, row_step;
    int32_t width, column_step;
    int32_t bytes;
};

void tml_pick(const struct tml_pick *p, const int8_t *input, const int16_t *rows,
              const int16_t *columns, int8_t *output);

#endif
