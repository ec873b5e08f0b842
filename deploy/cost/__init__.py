"""What a stage costs: list prices of one dated file times what a recorded story asked for, and what stands there when nobody sends anything (docs/cloud/cost.md)."""
