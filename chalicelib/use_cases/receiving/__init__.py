"""Downloads: sessions, counting, signed URLs, and the gate that recall closes."""
