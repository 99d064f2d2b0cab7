"""agentctl: sources → observations → steps → findings → causes → report → render."""

__version__ = "0.1.0"
