"""Figures of docs/model.md, drawn by the project itself as plain SVG; `make figures`."""
