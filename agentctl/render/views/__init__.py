"""What a person sees of each command: blocks of text and tables."""
