#ifndef TML_SOFTMAX_H
#define TML_SOFTMAX_H

#include <stdint.h>

struct tml_softmax {
    int32_t rows, depth;
    int32_t multiplier, left_shift; /* of beta times the input's scale, to Q5.26 */
    int32_t difference_min;         /* below it, exp is 0 */
};

/* Row-major int8 [rows, depth]; the output's scale is 1/256, its zero point -128. */
void tml_softmax(const struct tml_softmax *p, const int8_t *input, int8_t *output);

#endif
