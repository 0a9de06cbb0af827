"""Pure state machines: values and tables, no clock, no socket."""
