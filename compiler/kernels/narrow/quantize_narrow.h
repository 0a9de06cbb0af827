#ifndef TML_QUANTIZE_NARROW_H
#define TML_QUANTIZE_NARROW_H

#include <stdint.h>

struct tml_quantize_narrow {
    int32_t elements;
};

/* float32 to int8 without floating-point arithmetic: `thresholds` are the least inputs that give
 * -127 to 127, in order, as integers that are ordered as floats are. A NaN gives -128. */
void tml_quantize_narrow(const struct tml_quantize_narrow *p, const int32_t *input,
                         const int32_t *thresholds, int8_t *output);

#endif
