"""What makes the models that ship. Not in the wheel; see README.md here."""
