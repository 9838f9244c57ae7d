// @expect ^TS2322: .*'string' is not assignable to type 'number'
export const one: number = "one";

// The lines below the first say where the types differ: the pattern may match those too, and across lines.
declare function take(value: { kind: "left"; value: number } | { kind: "right" }): void;
// @expect ^TS2345: Argument.*property 'kind' are incompatible
// @expect is not assignable to parameter
take({ kind: "neither" } as { kind: string });
