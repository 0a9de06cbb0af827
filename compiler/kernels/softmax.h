#ifndef TML_SOFTMAX_H
#define TML_SOFTMAX_H

#include <stdint.h>

struct tml_softmax {
    int32_t rows, depth;
    int32_t multiplier, left_shift; /* of beta times the input's scale, to Q5.26 */
    int32_t difference_min;         /* below it, exp is 0 */
};

/* Row-major int8 [rows, depth]; the output's scale is 1/256, its zero point -128.
 *
 * A row whose exponentials, that of its maximum 1, sum to 512 or more has no output in the
 * reference. Here each of its classes gets 0 or, though none has more than 1/512, 1/256. */
void tml_softmax(const struct tml_softmax *p, const int8_t *input, int8_t *output);

#endif
