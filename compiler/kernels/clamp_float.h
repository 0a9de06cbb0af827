/* The end of float kernels: a fused activation. */
#ifndef TML_CLAMP_FLOAT_H
#define TML_CLAMP_FLOAT_H

struct tml_ends_float {
    float activation_min, activation_max;
};

/* A NaN stays one; the infinities become the greatest numbers where there is no activation. */
static inline float tml_clamp_float(float x, const struct tml_ends_float *ends)
{
    x = x < ends->activation_min ? ends->activation_min : x;
    return ends->activation_max < x ? ends->activation_max : x;
}

#endif
