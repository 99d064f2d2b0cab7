"""Typer only: parse, call, render; one error boundary."""
