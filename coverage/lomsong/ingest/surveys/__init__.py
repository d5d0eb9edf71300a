"""Survey logs: from the bytes of any program's log to judged samples."""
