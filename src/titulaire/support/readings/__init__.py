"""What the contract leaves unclear: what each way of reading it gives, what it costs, and the question asked."""
