"""Releases: what each partner allows to leave, to whom, for what and until when; and holds that stop it."""
