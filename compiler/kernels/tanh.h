#ifndef TML_TANH_H
#define TML_TANH_H

#include <stdint.h>

#include "sigmoid.h"

/* int8. */
void tml_tanh(const struct tml_sigmoid *p, const int8_t *input, int8_t *output);

#endif
