"""Opening files: archives, encodings, workbooks and delimited text, map layers."""
