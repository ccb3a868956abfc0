"""The probabilities at which evidence is shown; what each costs stands in `bench/answers.md`."""

ANSWER = 0.30  # probability from which a sentence is given as the answer
BESIDE = 0.10  # ... from which a further one is shown beside it
LIST = 0.25  # ... of belonging in a list from which there is one
MEMBER = 0.15  # ... from which a measure belongs to it
FAINT = 0.04  # ... from which one is shown for an essay that is asked about by name
CELL = 0.06  # ... from which a sentence stands for its essay in a comparison
