/** Letting go of what is old in a property graph. */
export { type ExpireOptions, expire, expireFlow } from "./expire.ts";
