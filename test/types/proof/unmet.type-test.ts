// @expect not assignable
export const fine: number = 1;

// @expect is not a word
export const different: number = "text";

export const unexpected: number = undeclared;
