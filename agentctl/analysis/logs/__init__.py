"""Log lines read as records, and many lines reduced to a digest of bounded size. Pure: bytes in, data out."""
