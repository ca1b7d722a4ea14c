"""The engine that asks, grades and reports with a language model; the numbers and the decisions are the service's."""
