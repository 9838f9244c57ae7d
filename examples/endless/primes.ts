import { Processor } from "datagraph";
import { z } from "zod";

/** Passes on the numbers that are prime. */
export const primes = new Processor({
  name: "primes",
  inputs: { number: z.number() },
  outputs: { prime: z.number() },
}).implementEach({}, (number) => (isPrime(number) ? { prime: number } : undefined));

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return true;
}
