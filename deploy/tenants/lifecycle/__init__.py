"""The life of a tenant on AWS as a machine of steps: each can be repeated, taken up after a crash, and undone."""
