/** What goes through the streams of this flow. Every value is checked against these schemas where it is written. */
import { z } from "zod";

/** A package as the lock file names it. */
export type Package = z.infer<typeof Package>;
export const Package = z.object({
  /** As in `zod@4.6.7`; one id may be installed in several places. */
  id: z.string(),
  name: z.string(),
  version: z.string().nullable(),
  /** The project's folder. */
  project: z.string(),
  /** As the lock file has it: `node_modules/a/node_modules/b`. */
  path: z.string(),
  /** Where it is on disk, if it is. */
  folder: z.string(),
  /** Whether it may be absent: npm leaves out what is for other systems. */
  optional: z.boolean(),
  licence: z.string().optional(),
  /** Ids of the packages that it needs, as Node finds them. */
  needs: z.array(z.string()),
});

/** What an installed package says about itself. */
export type Manifest = z.infer<typeof Manifest>;
export const Manifest = z.object({
  package: Package,
  license: z.unknown().optional(),
  licenses: z.unknown().optional(),
  maintainers: z.unknown().optional(),
  author: z.unknown().optional(),
});

/** What the graph is made of. */
export type Fact = z.infer<typeof Fact>;
export const Fact = z.object({
  id: z.string(),
  name: z.string(),
  version: z.string().nullable(),
  project: z.string(),
  installed: z.boolean(),
  licence: z.string().nullable(),
  people: z.array(z.string()),
  needs: z.array(z.string()),
});

export type Licence = z.infer<typeof Licence>;
export const Licence = z.object({ id: z.string(), licence: z.string() });

export type Size = z.infer<typeof Size>;
export const Size = z.object({ id: z.string(), files: z.number(), bytes: z.number() });

/** `words` is null for a package without a readme file. */
export type Readme = z.infer<typeof Readme>;
export const Readme = z.object({ id: z.string(), words: z.number().nullable() });

export type Report = z.infer<typeof Report>;
export const Report = z.object({
  installed: z.number(),
  /** Absent packages: those that may be absent, and those that may not. */
  skipped: z.number(),
  missing: z.array(z.string()),
  files: z.number(),
  bytes: z.number(),
  licences: z.array(z.object({ licence: z.string(), packages: z.number() })),
  largest: z.array(Size),
  longestReadme: Readme.optional(),
  withoutReadme: z.array(z.string()),
});
