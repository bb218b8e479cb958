"""What do the claims of the classifiers mean to people? A phrase for each in `phrases`, the rest for `explain`."""
