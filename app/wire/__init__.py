"""The wire: HTTP conventions that every route shares; routes, schemas and the door come in, nobody below."""
