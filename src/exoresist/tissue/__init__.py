"""Cells in space and fields; the same network inside every cell."""
