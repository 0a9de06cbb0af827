#ifndef TML_FULLY_CONNECTED_SCALAR_H
#define TML_FULLY_CONNECTED_SCALAR_H

#include <stdint.h>

#include "fully_connected.h"

/* As tml_fully_connected, but the input's zero point is in the bias. */
void tml_fully_connected_scalar(const struct tml_fully_connected *p, const int8_t *input,
                                const int8_t *filter, const int32_t *bias,
                                const int32_t *multiplier, const int8_t *shift, int8_t *output);

#endif
