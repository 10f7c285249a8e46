"""Practice: who works here, with which keys, whose charts they may open; everyone enters through the door."""
