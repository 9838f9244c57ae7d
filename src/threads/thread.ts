/** What runs in a thread: loads the module that implements a processor, and performs calls of its handler. */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { DeclarationError, EncodingError, toFailure } from "../errors.ts";
import type { Implementation, Log, ValueHandler } from "../processor/implementation.ts";
import { implementedHere } from "../processor/registry.ts";
import { type InjectedValues, type InjectionScope, Injector } from "../tasks/injector.ts";
import { LiveSignal } from "./live-signal.ts";
import { whileLoading } from "./loading.ts";
import type { CallMessage, CallRequest, Released } from "./messages.ts";
import { emissionsOf, ResultSender } from "./results.ts";
import { toThrown } from "./thrown.ts";

type ValueImplementation = Exclude<Implementation, { readonly kind: "stream" }>;

/** What every module that is loaded here is loaded by: modules are loaded one after another, so that this is known. */
let loading: Promise<unknown> = Promise.resolve();
const modules = new Map<string, Promise<unknown>>();
const injector = new Injector();
const sessions = new Map<string, InjectionScope>();
let holdsForProcess = false;

/** Performs one call; how it ends is said on its port. */
export async function perform(request: CallRequest): Promise<void> {
  const { port, session, task, value, transfer } = request;
  const say = (message: CallMessage, ports: MessagePort[] = []) => port.postMessage(message, ports);
  const sender = new ResultSender(port, transfer);
  const { signal } = new LiveSignal(port, () => sender.taken());
  try {
    signal.throwIfAborted();
    const { needs, handler } = await implementationOf(request);
    const context = await dependenciesOf(session, needs, say);
    await send(handler, [value, context, { ...task, signal, log: logOn(say) }], sender, signal);
  } catch (error) {
    sender.fail(toThrown(explained(error, task.processor), task.run));
  } finally {
    // The other side closes it when it has taken everything.
    port.unref();
  }
}

async function send(
  handler: ValueHandler,
  [value, context, task]: [unknown, InjectedValues, Parameters<ValueHandler>[2]],
  sender: ResultSender,
  signal: AbortSignal,
): Promise<void> {
  // Its types were checked where it was declared.
  for await (const emission of emissionsOf(handler(value as never, context as never, task), task.processor)) {
    await sender.add(emission);
    signal.throwIfAborted();
  }
  sender.end();
}

async function implementationOf({ module, loader, task }: CallRequest): Promise<ValueImplementation> {
  const { processor: name } = task;
  await loaded(module, loader, name);
  const implementation = implementedHere().find(({ declaration }) => declaration.name === name)?.implementation;
  if (implementation && implementation.kind !== "stream") return implementation;
  throw new DeclarationError(
    `The module ${module} does not implement processor "${name}" when it is imported in a thread. Give implementEach the module that ` +
      "does, { isolate: import.meta.url }, and let it do so at its top level.",
  );
}

function loaded(module: string, loader: string | undefined, processor: string): Promise<unknown> {
  const known = modules.get(module);
  if (known) return known;
  const load = loading.then(() => whileLoading(module, () => importModule(module, loader)));
  loading = load.catch(() => undefined);
  const explainedLoad = load.catch((error: unknown) => {
    throw new DeclarationError(
      `The module ${module}, which implements processor "${processor}", cannot be loaded in a thread: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  });
  modules.set(module, explainedLoad);
  return explainedLoad;
}

async function importModule(module: string, loader: string | undefined): Promise<unknown> {
  if (loader === undefined) return import(module);
  const { load } = (await import(loader)) as { load: (url: string) => Promise<unknown> };
  return load(module);
}

/** The values of what a handler needs: made once for a task, or once for this thread. */
async function dependenciesOf(
  session: string,
  needs: ValueImplementation["needs"],
  say: (message: CallMessage, ports: MessagePort[]) => void,
): Promise<InjectedValues> {
  if (Object.keys(needs).length === 0) return {};
  if (!holdsForProcess) {
    holdsForProcess = true;
    hold("process", say, () => injector.close());
  }
  let scope = sessions.get(session);
  if (!scope) {
    const opened = injector.open();
    scope = opened;
    sessions.set(session, opened);
    hold("task", say, () => {
      sessions.delete(session);
      return opened.close();
    });
  }
  return scope.resolve(needs);
}

/** Gives the main program a port on which it says when something is needed no more. */
function hold(
  until: "task" | "process",
  say: (message: CallMessage, ports: MessagePort[]) => void,
  release: () => Promise<void> | undefined,
): void {
  const { port1, port2 } = new MessageChannel();
  say({ type: "holds", until, port: port1 }, [port1]);
  port2.once("message", () => void answer());
  port2.unref();
  const answer = async () => {
    let released: Released = {};
    try {
      await release();
    } catch (error) {
      released = { failure: toFailure(error, { run: "" }) };
    }
    port2.postMessage(released);
  };
}

/** A log in the main program. Fields that cannot be cloned are told as text. */
function logOn(say: (message: CallMessage) => void): Log {
  const at =
    (level: keyof Log) =>
    (message: string, fields?: Record<string, unknown>): void => {
      try {
        say({ type: "log", level, message, ...(fields && { fields }) });
      } catch {
        const texts = Object.entries(fields ?? {}).map(([name, value]) => [name, textOf(value)]);
        say({ type: "log", level, message, fields: Object.fromEntries(texts) });
      }
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "something that has no text";
  }
}

function explained(error: unknown, processor: string): unknown {
  if (!(error instanceof DOMException && error.name === "DataCloneError")) return error;
  return new EncodingError(
    `Processor "${processor}" runs in a thread and emitted what cannot leave it (emit plain data): ${error.message}`,
    { cause: error },
  );
}
