// Expectation
