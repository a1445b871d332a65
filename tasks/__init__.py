"""What is asked, and how an answer is graded or measured. Knows no model."""
