export { collect } from "../../../src/testing/collect.ts";
export { ControlledSource } from "../../../src/testing/controlled-source.ts";
export { eventually, within } from "../../../src/testing/eventually.ts";
