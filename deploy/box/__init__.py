"""The cloud in a box: an emulator of AWS that runs the packaged services on this machine, and the story told over it (docs/cloud/box.md)."""
