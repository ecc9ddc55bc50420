"""Comparisons of Clio with other engines: its sketches, read and written by others."""
