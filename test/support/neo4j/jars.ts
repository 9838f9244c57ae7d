import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "../redis/run.ts";

const neo4j = "5.26.30";
const apoc = "5.26.19";

/** A Neo4j Community server with APOC. For tests only: nothing of it is shipped. */
const pom = `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>datagraph.test</groupId>
  <artifactId>neo4j-server</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <!-- The first one decides about versions: what APOC brings along must not replace what the server needs. -->
    <dependency>
      <groupId>org.neo4j</groupId>
      <artifactId>neo4j</artifactId>
      <version>${neo4j}</version>
    </dependency>
    <dependency>
      <groupId>org.neo4j.procedure</groupId>
      <artifactId>apoc-core</artifactId>
      <version>${apoc}</version>
      <exclusions>
        <exclusion><groupId>org.apache.commons</groupId><artifactId>*</artifactId></exclusion>
      </exclusions>
    </dependency>
    <!-- Needed by apoc-core, which does not say so. -->
    <dependency>
      <groupId>org.neo4j.procedure</groupId>
      <artifactId>apoc-common</artifactId>
      <version>${apoc}</version>
      <exclusions>
        <exclusion><groupId>org.slf4j</groupId><artifactId>*</artifactId></exclusion>
      </exclusions>
    </dependency>
  </dependencies>
</project>
`;

/**
 * The folder with the jars, for all checkouts and runs of this user. Maven fetches them (about 150 MB) the first time and compares
 * their checksums; a download that was cut short never looks whole.
 *
 * @param mvn the Maven program.
 */
export async function fetchJars(mvn: string): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "datagraph");
  const folder = join(cache, `neo4j-${neo4j}-${createHash("sha256").update(pom).digest("hex").slice(0, 8)}`);
  if (existsSync(folder)) return folder;
  console.log(`Neo4j: fetching version ${neo4j} from Maven Central to ${folder} (about 150 MB, once)`);
  const partial = `${folder}.${process.pid}.partial`;
  mkdirSync(partial, { recursive: true });
  try {
    writeFileSync(join(partial, "pom.xml"), pom);
    await download(mvn, partial);
    moveTo(join(partial, "jars"), folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

/** Maven keeps what it has got, so that each attempt goes on where the last one failed. */
async function download(mvn: string, folder: string, attempts = 3): Promise<void> {
  const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
  const parameters = ["--file", join(folder, "pom.xml"), "-DincludeScope=runtime", `-DoutputDirectory=${join(folder, "jars")}`];
  const settings = [
    "--batch-mode",
    "--quiet",
    "--no-transfer-progress",
    "--strict-checksums",
    "-Dmaven.wagon.http.retryHandler.count=3",
  ];
  for (let attempt = 1; ; attempt++) {
    try {
      await run(mvn, [...settings, goal, ...parameters], { timeout: 600_000 });
      return;
    } catch (error) {
      if (attempt === attempts) throw error;
      console.warn(`Neo4j: the download failed (attempt ${attempt} of ${attempts}); trying again`);
    }
  }
}

/** Another run may have been faster: what it has put there is the same. */
function moveTo(source: string, target: string): void {
  try {
    renameSync(source, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}
