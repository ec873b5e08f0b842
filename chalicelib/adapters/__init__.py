"""One technology a file, translating its SDK's errors once. Unknown errors pass up."""
