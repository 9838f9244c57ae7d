import { expect, test } from "vitest";
import { DeclarationError, StoreError } from "../../errors.ts";
import { placeOf } from "./address.ts";

test("a server: its URL, and an address without credentials", () => {
  expect(placeOf({})).toEqual({ kind: "server", url: "redis://localhost:6379/0", address: "localhost:6379" });
  expect(placeOf({ url: "rediss://me:secret@host:1/2" })).toMatchObject({ kind: "server", address: "host:1" });
  expect(placeOf({ url: "/run/redis.sock" })).toMatchObject({ kind: "server", address: "/run/redis.sock" });
  expect(placeOf({ client: { sentinels: [{ host: "s" }], name: "main" } })).toMatchObject({ address: "the sentinels of main" });
});

test("a cluster: nodes with what lets one in, and an address without that", () => {
  const cluster = ["rediss://me:p%40ss@one:7000", "rediss://[::1]"];
  expect(placeOf({ cluster })).toEqual({
    kind: "cluster",
    nodes: [
      { host: "one", port: 7000, username: "me", password: "p@ss", tls: {} },
      { host: "::1", port: 6379, tls: {} },
    ],
    address: "the cluster at one:7000, ::1:6379",
  });
});

test("several URLs in one text are a cluster; a comma in a password is none between URLs", () => {
  expect(placeOf({ url: "redis://one,redis://two, redis://three" })).toMatchObject({ kind: "cluster", nodes: [{}, {}, {}] });
  expect(placeOf({ url: "redis://:a,b@one" })).toMatchObject({ kind: "server", address: "one:6379" });
});

test("a cluster has no other databases", () => {
  expect(placeOf({ cluster: ["redis://one/0", "redis://two/"] })).toMatchObject({ kind: "cluster" });
  expect(() => placeOf({ cluster: ["redis://:secret@one/1"] })).toThrow(/^A Redis Cluster has database 0 only: leave out \/1 at/);
});

test("what cannot be read is refused without being repeated", () => {
  for (const url of [
    "redis://me:se/cret@host",
    "http://me:secret@host",
    "redis://one,redis://me:se/cret@two",
    "redis://:%zz@one,redis://two",
  ]) {
    expect(() => placeOf({ url })).toThrow(StoreError);
    expect(() => placeOf({ url })).not.toThrow(/cret/);
  }
  expect(() => placeOf({ url: "redis://one", cluster: ["redis://two"] })).toThrow(DeclarationError);
  expect(() => placeOf({ cluster: [] })).toThrow(DeclarationError);
});
