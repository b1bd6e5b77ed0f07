"""Pure decisions and values: no input or output, no clock, no randomness unless passed in."""
