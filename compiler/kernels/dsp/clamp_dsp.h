#ifndef TML_CLAMP_DSP_H
#define TML_CLAMP_DSP_H

#include <stdint.h>

struct tml_clamp_dsp {
    int32_t elements;
    int32_t activation_min, activation_max;
};

void tml_clamp_dsp(const struct tml_clamp_dsp *p, int8_t *output);

#endif
