// Loaded before a program (`node --import`): its clock is `CLOCK_SHIFT_MS` fast, or slow. Timers run as they do.
const shift = Number(process.env.CLOCK_SHIFT_MS ?? 0);
const now = Date.now;
Date.now = () => now() + shift;
globalThis.Date = new Proxy(Date, {
  apply: () => new Date().toString(),
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now() + shift] : args, newTarget),
});
