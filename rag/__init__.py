"""Youju: answers on Chinese government and Party essays, each sentence with its source."""
