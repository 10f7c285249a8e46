"""How long a record is kept, and how it is destroyed."""
