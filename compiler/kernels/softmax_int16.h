#ifndef TML_SOFTMAX_INT16_H
#define TML_SOFTMAX_INT16_H

#include <stdint.h>

struct tml_softmax_int16 {
    int32_t rows, depth;
    int32_t multiplier, shift; /* of beta times the input's scale, to 65535 for 10.0 */
};

/* Row-major [rows, depth]; the output is Q0.15. `exp` has 513 values from -10 to 0, `reciprocal`
 * as many of 1 / (1 + x) from 0 to 1. */
void tml_softmax_int16(const struct tml_softmax_int16 *p, const int16_t *input, const int16_t *exp,
                       const int16_t *reciprocal, int16_t *output);

#endif
