"""What vectors say: steps, expectations, tensors, clauses and their coverage."""
