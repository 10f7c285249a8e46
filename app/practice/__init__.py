"""Practice: who works here, with which keys, and which couples' charts they may open; everyone enters through the door."""
