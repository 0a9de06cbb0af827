"""TFLite models to proven machine code for microcontrollers."""
