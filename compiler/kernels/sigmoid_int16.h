#ifndef TML_SIGMOID_INT16_H
#define TML_SIGMOID_INT16_H

#include <stdint.h>

/* The multiplier and, behind it, the right shift bring the input to three times Q3.12. */
struct tml_sigmoid_int16 {
    int32_t elements;
    int32_t multiplier, shift;
};

/* The output is Q0.15. */
void tml_logistic_int16(const struct tml_sigmoid_int16 *p, const int16_t *input,
                        const int16_t *table, int16_t *output);

void tml_tanh_int16(const struct tml_sigmoid_int16 *p, const int16_t *input, const int16_t *table,
                    int16_t *output);

#endif
