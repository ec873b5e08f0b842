"""What browser tests stand on: the built page, browsers, an install with people, and the guard that watches each of their pages."""
