"""The page in real browsers: flows, the matrix of screens, size and speed, safety. README.md says how to write one."""
