#ifndef TML_LOGISTIC_H
#define TML_LOGISTIC_H

#include <stdint.h>

#include "sigmoid.h"

/* int8. */
void tml_logistic(const struct tml_sigmoid *p, const int8_t *input, int8_t *output);

#endif
