#ifndef TML_SOFTMAX_FLOAT_H
#define TML_SOFTMAX_FLOAT_H

#include <stdint.h>

struct tml_softmax_float {
    int32_t rows, depth;
    float beta;
};

/* Row-major [rows, depth]. */
void tml_softmax_float(const struct tml_softmax_float *p, const float *input, float *output);

#endif
