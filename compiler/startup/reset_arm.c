/* Reset of a Cortex-M: the vector table and what must be on before any C runs. */
#include "startup.h"

/* Armv7-M B3.2.20, Armv8-M D1.2.11: Coprocessor Access Control Register. */
#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define CP10_AND_CP11_FULL_ACCESS (0xFu << 20)

struct vectors {
    uint32_t *stack;
    void (*reset)(void);
    void (*exceptions[14])(void);
};

/* Armv7-M B1.5.3: initial stack pointer, reset, then the system exceptions. Nobody
   enables an interrupt, so the table ends with them. */
__attribute__((section(".tml_entry"), used)) const struct vectors tml_vectors = {
    tml_stack_top,
    tml_reset,
    {tml_fault, tml_fault, tml_fault, tml_fault, tml_fault, tml_fault, tml_fault, tml_fault,
     tml_fault, tml_fault, tml_fault, tml_fault, tml_fault, tml_fault},
};

_Noreturn void tml_reset(void)
{
#ifdef __ARM_FP
    CPACR |= CP10_AND_CP11_FULL_ACCESS;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    tml_start();
}
