"""One suite per port, run unchanged over every adapter and the fake; ``harness`` tells how an adapter joins."""
