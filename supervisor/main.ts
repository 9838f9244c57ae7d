#!/usr/bin/env node
import { runLocalInstall } from "./local-install.ts";

if (!(await runLocalInstall(process.cwd()))) {
  const { main } = await import("./program.ts");
  await main(process.argv);
}
