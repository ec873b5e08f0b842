"""Chromium as a program that is measured: started, told what to do over a pipe, stopped."""
