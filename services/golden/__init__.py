"""Golden questions: kept, searched for, and compared with the run before."""
