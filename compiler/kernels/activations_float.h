/* RELU, RELU6, LEAKY_RELU, HARD_SWISH, LOGISTIC and TANH, float32. */
#ifndef TML_ACTIVATIONS_FLOAT_H
#define TML_ACTIVATIONS_FLOAT_H

#include <stdint.h>

#include "clamp_float.h"

struct tml_rectify_float {
    int32_t elements;
    struct tml_ends_float ends;
};

struct tml_leaky_relu_float {
    int32_t elements;
    float alpha;
};

struct tml_logistic_float {
    int32_t elements;
};

struct tml_tanh_float {
    int32_t elements;
};

struct tml_hard_swish_float {
    int32_t elements;
};

void tml_rectify_float(const struct tml_rectify_float *p, const float *input, float *output);

void tml_leaky_relu_float(const struct tml_leaky_relu_float *p, const float *input, float *output);

void tml_logistic_float(const struct tml_logistic_float *p, const float *input, float *output);

/* Within 1.02 ulp. */
void tml_tanh_float(const struct tml_tanh_float *p, const float *input, float *output);

void tml_hard_swish_float(const struct tml_hard_swish_float *p, const float *input, float *output);

#endif
