"""What the product needs from the world, one small file each. A port's docstring is its contract, in words."""
