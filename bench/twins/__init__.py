"""Other stacks over the service's own tables, giving its answers without its walls; started by measuring.py alone."""
