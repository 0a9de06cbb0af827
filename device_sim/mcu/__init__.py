"""The emulated core and its memory map; imports nothing of ours."""
