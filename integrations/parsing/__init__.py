"""Files to pieces of text, in a child process with bounds on time, memory and length."""
