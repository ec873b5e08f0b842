"""One module for each figure, named as it is called: ``FIGURE`` says what is measured, beside what, and which ratio is the goal."""
