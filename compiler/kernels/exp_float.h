#ifndef TML_EXP_FLOAT_H
#define TML_EXP_FLOAT_H

/* e to the power of x, within 0.502 ulp, in integer arithmetic. */
float tml_exp_float(float x);

#endif
