import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Written to stdin, which then ends. Without it stdin stays open for `cli.stdin`. */
  readonly stdin?: string;
  /** Runs this copy of the package instead of the repository's. */
  readonly main?: string;
}

/** A user's project in a folder of its own, with datagraph installed, in which the built command line is called. */
export class CliProject implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param files by path. @param install `link` as npm link does; `copy` as npm install does. */
  static async create(files: Readonly<Record<string, string>>, install: "link" | "copy" = "link"): Promise<CliProject> {
    const project = new CliProject(await mkdtemp(join(tmpdir(), "datagraph-cli-")));
    await project.write({ "package.json": '{ "type": "module" }', ...files });
    const modules = join(project.folder, "node_modules");
    await mkdir(modules, { recursive: true });
    if (install === "link") await symlink(root, join(modules, "datagraph"));
    else await copyPackage(modules);
    return project;
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }

  start(args: readonly string[], { env = {}, stdin, main = join(root, "dist/supervisor/main.js") }: CliOptions = {}): CliProcess {
    const { REDIS_URL: _, ...inherited } = process.env;
    const child = spawn(process.execPath, [main, ...args], { cwd: this.folder, env: { ...inherited, ...env } });
    if (stdin !== undefined) child.stdin.end(stdin);
    return new CliProcess(child);
  }

  /** Calls the command line and waits for its end. */
  run(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    return this.start(args, { stdin: "", ...options }).ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A command that is running. */
export class CliProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<CliResult>;
  #stdout = "";
  #stderr = "";

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    // A command that ends without reading all of its input closes it.
    child.stdin.on("error", () => {});
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  get stdin() {
    return this.child.stdin;
  }

  /** Settles when stdout or stderr contains a text. */
  async shows(text: string, on: "stdout" | "stderr" = "stdout"): Promise<void> {
    const seen = () => (on === "stdout" ? this.#stdout : this.#stderr).includes(text);
    await new Promise<void>((resolve, reject) => {
      const check = () => {
        if (seen()) resolve();
      };
      this.child[on].on("data", check);
      this.child.on("close", () => reject(new Error(`ended without showing ${text}:\n${this.#stdout}\n${this.#stderr}`)));
      check();
    });
  }
}

/** The package as it is published, with its dependencies beside it. */
async function copyPackage(modules: string): Promise<void> {
  const target = join(modules, "datagraph");
  await cp(join(root, "dist"), join(target, "dist"), { recursive: true });
  await cp(join(root, "package.json"), join(target, "package.json"));
  for (const name of await readdir(join(root, "node_modules"))) {
    if (!name.startsWith(".")) await symlink(join(root, "node_modules", name), join(modules, name));
  }
}
