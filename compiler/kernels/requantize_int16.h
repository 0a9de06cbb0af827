#ifndef TML_REQUANTIZE_INT16_H
#define TML_REQUANTIZE_INT16_H

#include <stdint.h>

/* The offsets are those of int8; for int16 they are 0. */
struct tml_requantize_int16 {
    int32_t elements;
    int32_t input_offset, output_offset;
    int32_t multiplier, shift;
};

void tml_requantize_int16(const struct tml_requantize_int16 *p, const int16_t *input,
                          int16_t *output);
void tml_requantize_int8_to_int16(const struct tml_requantize_int16 *p, const int8_t *input,
                                  int16_t *output);
void tml_requantize_int16_to_int8(const struct tml_requantize_int16 *p, const int16_t *input,
                                  int8_t *output);

#endif
