import fc from "fast-check";
import { inject } from "vitest";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: inject("seed") });

/** fast-check, starting from this run's printed seed; property tests import it from here so that a run can be repeated. */
export { fc };
