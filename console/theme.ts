import { applyScheme, chosenScheme } from "./data/scheme.ts";

// Before the first paint, so that nobody who chose one scheme is shown the other for a moment.
applyScheme(chosenScheme());
