/* From reset to a runtime that waits to be called: the same for all cores. */
#include "startup.h"

/* Prepares memory and model, then sleeps: a sleeping core has started well.
   A model that cannot be initialised ends in tml_fault, awake. */
_Noreturn void tml_start(void)
{
    const uint32_t *from = tml_data_load;
    for (uint32_t *to = tml_data_start; to < tml_data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = tml_bss_start; to < tml_bss_end; to++) {
        *to = 0;
    }
    if (tml_init(tml_state) != 0) {
        tml_fault();
    }
    for (;;) {
        __asm__ volatile("wfi" ::: "memory");
    }
}

/* Stays awake for ever, so that whoever watches sees that nothing sleeps. */
_Noreturn void tml_fault(void)
{
    for (;;) {
        __asm__ volatile("" ::: "memory");
    }
}
