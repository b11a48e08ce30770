"""Reading an order file: from bytes to rows that can be ordered and refusals that can be mended. Pure."""
