#include "arithmetic_float.h"

#define TML_DEFINE_ARITHMETIC(name, operation)                                                 \
    void tml_##name(const struct tml_##name *p, const float *first, const float *second,       \
                    float *output)                                                             \
    {                                                                                          \
        for (int32_t i = 0; i < p->elements; i++) {                                            \
            output[i] = tml_clamp_float(first[i] operation second[i], &p->ends);               \
        }                                                                                      \
    }                                                                                          \
    TML_DEFINE_BROADCAST(name, float)

TML_DEFINE_ARITHMETIC(add_float, +)
TML_DEFINE_ARITHMETIC(sub_float, -)
TML_DEFINE_ARITHMETIC(mul_float, *)
