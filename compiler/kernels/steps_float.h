/* Floats as whole steps of a scale. */
#ifndef TML_STEPS_FLOAT_H
#define TML_STEPS_FLOAT_H

#include <stdint.h>

/* x / scale to nearest, ties away from zero, from -limit to limit; a NaN counts as the least.
 * limit at most 2^22. */
static inline int32_t tml_steps(float x, float scale, float limit)
{
    float steps = x / scale;
    steps = steps > -limit ? steps : -limit;
    steps = steps < limit ? steps : limit;
    int32_t whole = (int32_t)steps;
    float rest = steps - (float)whole;
    if (rest >= 0.5f) {
        return whole + 1;
    }
    return rest <= -0.5f ? whole - 1 : whole;
}

#endif
