/* ADD, SUB and MUL, float32. */
#ifndef TML_ARITHMETIC_FLOAT_H
#define TML_ARITHMETIC_FLOAT_H

#include <stdint.h>

#include "clamp_float.h"
#include "elementwise.h"

#define TML_DECLARE_ARITHMETIC(name)                                                           \
    struct tml_##name {                                                                        \
        int32_t elements;                                                                      \
        struct tml_ends_float ends;                                                            \
    };                                                                                         \
    TML_DECLARE_ELEMENTWISE(name, float)

TML_DECLARE_ARITHMETIC(add_float);
TML_DECLARE_ARITHMETIC(sub_float);
TML_DECLARE_ARITHMETIC(mul_float);

#endif
