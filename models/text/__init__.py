"""Words, stems, languages and n-grams of texts in Portuguese, English, French and Spanish; pure rules."""
