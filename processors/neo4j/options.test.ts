import { describe, expect, test } from "vitest";
import { quoteName } from "./cypher/names.ts";
import { connector } from "./index.ts";

const uri = "neo4j://db.example.com:7687";

describe("options", () => {
  test("have defaults", () => {
    expect(connector.parse({ uri })).toMatchObject({
      uri,
      username: "neo4j",
      password: "",
      chunkSize: 1000,
      ensureKeys: true,
      useApoc: undefined,
    });
  });

  test("take credentials out of the address", () => {
    const parsed = connector.parse({ uri: "bolt+s://ada:p%40ss@host:7688?policy=x" });
    expect(parsed).toMatchObject({ uri: "bolt+s://host:7688?policy=x", username: "ada", password: "p@ss" });
    expect(connector.parse({ uri: "bolt://ada:old@host", password: "new" })).toMatchObject({ username: "ada", password: "new" });
  });

  test.each([
    [undefined, /options must be a map, found a value of type undefined/],
    [[], /must be a map, found a list/],
    [{}, /option "uri": it is missing/],
    [{ uri: "http://host" }, /"uri".*cannot be read; expected neo4j:/],
    [{ uri: "nonsense" }, /"uri".*cannot be read/],
    [{ uri, chunksize: 1 }, /"chunksize": there is no such option; there are uri, username/],
    [{ uri, chunkSize: 0 }, /"chunkSize".*expected a whole number from 1, found 0/],
    [{ uri, chunkSize: "many" }, /"chunkSize".*found "many"/],
    [{ uri, useApoc: "yes" }, /"useApoc".*expected true or false/],
    [{ uri, hooks: { a: 1 } }, /"hooks".*map from names to Cypher/],
    [{ uri, database: "" }, /"database".*text that is not empty/],
    [JSON.parse(`{ "uri": "${uri}", "__proto__": 1 }`), /"__proto__": there is no such option/],
  ])("refuses %j", (options, why) => {
    expect(() => connector.parse(options)).toThrow(why);
    expect(() => connector.parse(options)).toThrow(expect.objectContaining({ code: "CONNECTOR_OPTIONS" }));
  });

  test("never repeats secrets", () => {
    const attempts = [
      { uri, password: ["hunter2"] },
      { uri: "redis://x:hunter2@h" },
      { uri: "bolt://x:hunter2@h:999999" },
      { uri: ["hunter2"] },
    ];
    for (const options of attempts) {
      expect(() => connector.parse(options)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining("hunter2") }),
      );
    }
  });
});

test("names are always quoted", () => {
  expect(quoteName("a`b")).toBe("`a``b`");
  expect(quoteName("\\u0060")).toBe("`\\u005Cu0060`");
  expect(() => quoteName("")).toThrow(/empty name/);
  expect(() => quoteName("a\0")).toThrow(/null byte/);
});
