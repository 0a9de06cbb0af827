/* Sums of products of int16 and int8, most of them in 32 bits. */
#ifndef TML_DOT_INT16_H
#define TML_DOT_INT16_H

#include <stdint.h>

/* As many products of any int16 and int8, 2^22 at most, keep to 32 bits. */
#define TML_DOT_INT16_RUN 511

static inline int64_t tml_dot_int16(const int16_t *input, const int8_t *weights, int32_t length)
{
    int64_t total = 0;
    while (length > 0) {
        int32_t run = length < TML_DOT_INT16_RUN ? length : TML_DOT_INT16_RUN;
        int32_t sum = 0;
        for (int32_t i = 0; i < run; i++) {
            sum += input[i] * weights[i];
        }
        total += sum;
        input += run;
        weights += run;
        length -= run;
    }
    return total;
}

#endif
