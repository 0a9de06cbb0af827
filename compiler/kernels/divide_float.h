/* Division of float32 that rounds right where the quotient is no normal number: the runtime of
 * clang for cores without floating-point hardware does not. */
#ifndef TML_DIVIDE_FLOAT_H
#define TML_DIVIDE_FLOAT_H

#if defined(__SOFTFP__) || (defined(__riscv) && !defined(__riscv_flen))
float tml_divide_float(float a, float b);
#else
static inline float tml_divide_float(float a, float b)
{
    return a / b;
}
#endif

#endif
