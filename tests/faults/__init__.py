"""Faults that must be survived: killed processes, full disks, stepped clocks."""
