/* Loops as they are written, and functions as they are called. */
#ifndef TML_LOOPS_DSP_H
#define TML_LOOPS_DSP_H

#include "loops.h"

/* A function whose registers are its own. */
#define TML_ALONE __attribute__((noinline))

/* A function of which each use is its own. */
#define TML_EACH inline __attribute__((always_inline))

#endif
