/* What start-up code of a firmware image shares: the linker's symbols and the way to sleep. */
#ifndef TML_STARTUP_H
#define TML_STARTUP_H

#include <stdint.h>

/* Addresses that the linker script defines; only their addresses mean something. */
extern uint32_t tml_stack_top[];
extern uint32_t tml_data_start[];
extern uint32_t tml_data_end[];
extern const uint32_t tml_data_load[];
extern uint32_t tml_bss_start[];
extern uint32_t tml_bss_end[];
extern uint8_t tml_state[];

int tml_init(void *state);

_Noreturn void tml_reset(void);
_Noreturn void tml_start(void);
_Noreturn void tml_fault(void);

#endif
