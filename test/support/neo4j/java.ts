import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { canInstall, installPackages } from "../apt.ts";
import { findProgram } from "../redis/executable.ts";

const execFileAsync = promisify(execFile);

/** What Neo4j 5.26 runs on. */
const supported = [17, 21];

/** Programs that the server from Maven Central needs. */
export interface JavaTools {
  readonly java: string;
  readonly mvn: string;
}

/** Java and Maven of this machine, installed first where they are missing and we may. `undefined`: there is no way. */
export async function findJavaTools(): Promise<JavaTools | undefined> {
  const found = await look();
  if (found !== undefined || !canInstall()) return found;
  console.log("Neo4j: installing Java and Maven from Debian's packages");
  await installPackages(["openjdk-17-jre-headless", "openjdk-21-jre-headless"], ["maven"]);
  return look();
}

async function look(): Promise<JavaTools | undefined> {
  const mvn = findProgram("mvn");
  const java = await findJava();
  return java === undefined || mvn === undefined ? undefined : { java, mvn };
}

async function findJava(): Promise<string | undefined> {
  const { NEO4J_JAVA, JAVA_HOME, JAVA_HOME_17_X64, JAVA_HOME_21_X64 } = process.env;
  const homes = [JAVA_HOME, JAVA_HOME_17_X64, JAVA_HOME_21_X64].filter((home) => home !== undefined);
  // Where several versions are installed, Debian's default one may be another.
  const debian = supported.flatMap((version) => ["amd64", "arm64"].map((cpu) => `/usr/lib/jvm/java-${version}-openjdk-${cpu}`));
  const programs = [NEO4J_JAVA, ...[...homes, ...debian].map((home) => join(home, "bin", "java")), findProgram("java")];
  for (const program of programs) {
    if (program !== undefined && supported.includes(await versionOf(program))) return program;
  }
  return undefined;
}

/** The major version, or `NaN` where this is no Java. */
async function versionOf(java: string): Promise<number> {
  try {
    const { stderr } = await execFileAsync(java, ["-version"]);
    return Number(/version "(\d+)/.exec(stderr)?.[1]);
  } catch {
    return Number.NaN;
  }
}
