"""Who was trained in what, who may produce from which day, and what each adviser was given to read."""
