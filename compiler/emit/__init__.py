"""From a planned graph to C."""
