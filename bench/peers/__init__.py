"""What people would use instead: how each is started, its version and its flags."""
