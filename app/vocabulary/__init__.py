"""Vocabulary: the words of the record, published in one answer; made of what the slices below publish."""
