/** Whether two types are the same to the compiler, down to `any`, `readonly` and optional properties. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles for `true` only: `same<Equal<A, B>>()`. */
export declare function same<_Same extends true>(): void;
