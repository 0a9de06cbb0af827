#ifndef TML_ADD_BROADCAST_H
#define TML_ADD_BROADCAST_H

#include <stdint.h>

#include "add.h"

#define TML_ADD_BROADCAST_RANK 5

/* The output is rows of `row.elements`, counted by axes, the outermost first, padded with leading
 * ones: an axis's extent, and the bytes of each input from the last row of one index to the first
 * row of the next. */
struct tml_add_broadcast {
    struct tml_add row;
    int32_t extent[TML_ADD_BROADCAST_RANK];
    int32_t first_step[TML_ADD_BROADCAST_RANK];
    int32_t second_step[TML_ADD_BROADCAST_RANK];
};

void tml_add_broadcast(const struct tml_add_broadcast *p, const int8_t *first,
                       const int8_t *second, int8_t *output);

#endif
