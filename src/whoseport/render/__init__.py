"""How it is told: text for people in their language, JSON and schemas for programs. Knows the model alone."""
