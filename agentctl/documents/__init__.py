"""Bytes become located data: every node knows its file, line and column."""
