import type {
  Claim,
  CreateOptions,
  ReaderOptions,
  RunRecord,
  RunStore,
  StreamReader,
  StreamStore,
  StreamWriter,
} from "datagraph";

/** Values that a writer wrote while it should have waited, at most; by stream. */
export type Overruns = Map<string, number>;

/**
 * A store that watches another one through its port: how far every writer runs ahead of the readers that are attached.
 * It keeps its own books, so that a mistake in those of the store shows.
 */
export class ObservedStore implements StreamStore {
  readonly overruns: Overruns = new Map();
  readonly #store: StreamStore;

  constructor(store: StreamStore) {
    this.#store = store;
  }

  get kind(): string {
    return this.#store.kind;
  }

  get deadLetters() {
    return this.#store.deadLetters;
  }

  async create(record: RunRecord, options: CreateOptions) {
    const created = await this.#store.create(record, options);
    return { ...created, run: observe(created.run, this.overruns) };
  }

  open(id: string) {
    return this.#store.open(id);
  }

  list() {
    return this.#store.list();
  }

  remove(id: string) {
    return this.#store.remove(id);
  }

  recover() {
    return this.#store.recover();
  }

  close() {
    return this.#store.close();
  }
}

interface Place {
  /** Values that its reader has passed. */
  at: number;
}

/** One stream, as an onlooker knows it. */
class Books {
  written = 0;
  overrun = 0;
  worst = 0;
  readonly places = new Set<Place>();
  readonly #highWater: number;

  constructor(highWater: number) {
    this.#highWater = highWater;
  }

  wrote(count: number): void {
    const full = [...this.places].some(({ at }) => this.written - at >= this.#highWater);
    this.written += count;
    this.overrun = full ? this.overrun + count : 0;
    this.worst = Math.max(this.worst, this.overrun);
  }
}

function observe(run: RunStore, overruns: Overruns): RunStore {
  const books = run.record.streams.map(({ bounds }) => new Books(bounds.highWaterValues));
  const note = (stream: number) => overruns.set(run.record.streams[stream]?.name ?? "", books[stream]?.worst ?? 0);
  return {
    record: run.record,
    claim: (task) => run.claim(task),
    settle: (claim, end) => run.settle(claim, end),
    release: (claim) => run.release(claim),
    stop: (end) => run.stop(end),
    snapshot: () => run.snapshot(),
    waitingSince: (task) => run.waitingSince(task),
    watch: (listener) => run.watch(listener),
    writer: (stream: number, claim?: Claim) => {
      return observedWriter(run.writer(stream, claim), (count) => {
        books[stream]?.wrote(count);
        note(stream);
      });
    },
    reader: (stream: number, options: ReaderOptions) => {
      const reader = run.reader(stream, options);
      const places = books[stream]?.places;
      return options.peek || !places ? reader : observedReader(reader, places, options.from ?? 0);
    },
  };
}

function observedWriter(writer: StreamWriter, wrote: (count: number) => void): StreamWriter {
  return {
    write: (value) => {
      wrote(1);
      writer.write(value);
    },
    writeMany: (values, bytes) => {
      wrote(values.length);
      writer.writeMany(values, bytes);
    },
    get credit() {
      return writer.credit;
    },
    get full() {
      return writer.full;
    },
    room: () => writer.room(),
    flush: () => writer.flush(),
    end: (end) => writer.end(end),
  };
}

function observedReader(reader: StreamReader, places: Set<Place>, from: number): StreamReader {
  const place: Place = { at: 0 };
  let taken = from;
  places.add(place);
  return {
    take: (max) => {
      place.at = Math.max(place.at, taken);
      const values = reader.take(max);
      taken += values?.length ?? 0;
      return values;
    },
    wait: () => {
      place.at = Math.max(place.at, taken);
      return reader.wait();
    },
    get revoked() {
      return reader.revoked;
    },
    close: (reason) => {
      places.delete(place);
      reader.close(reason);
    },
  };
}
