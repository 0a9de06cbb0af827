/* MINIMUM and MAXIMUM, int8 of one quantisation and float32. */
#ifndef TML_EXTREMES_H
#define TML_EXTREMES_H

#include <stdint.h>

#include "elementwise.h"

#define TML_DECLARE_EXTREME(name, type)                                                        \
    struct tml_##name {                                                                        \
        int32_t elements;                                                                      \
    };                                                                                         \
    TML_DECLARE_ELEMENTWISE(name, type)

TML_DECLARE_EXTREME(minimum, int8_t);
TML_DECLARE_EXTREME(maximum, int8_t);
TML_DECLARE_EXTREME(minimum_float, float);
TML_DECLARE_EXTREME(maximum_float, float);

#endif
