"""Tenants on AWS: what keeps pooled ones apart, and the life of those with an account of their own."""
