"""The sample practice: invented couples only, for demonstrations and tests; nothing else imports it."""
