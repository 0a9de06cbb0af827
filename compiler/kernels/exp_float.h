#ifndef TML_EXP_FLOAT_H
#define TML_EXP_FLOAT_H

/* e to the power of x, rounded to within 0.501 ulp, in integer arithmetic. */
float tml_exp_float(float x);

#endif
