"""Process notes: a clinician's own notes on the contents of conversation, kept apart from the record."""
