/** Runs that are under way when the workflow changes go on only if the new one does what the old one did. Each recorded history is such a run (record.servers.ts makes them). */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeHistory, HISTORIES, replay } from "./replay.ts";

const NAMES = readdirSync(HISTORIES);
const read = (name: string) => readFileSync(join(HISTORIES, name), "latin1");

describe("the workflow", () => {
  it("has histories to be held against", () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(2);
  });

  it.each(NAMES)("does what it did in %s", async (name) => {
    await replay(decodeHistory(read(name)));
  });

  it.each(NAMES)("is caught when it would do something else than in %s", async (name) => {
    const bytes = Buffer.from(read(name), "base64");
    // The second item is called differently, in a name of the same length.
    const other = Buffer.from(bytes.toString("latin1").replaceAll("map/0001", "map/0009"), "latin1");
    await expect(replay(decodeHistory(other.toString("base64")))).rejects.toMatchObject({ name: "DeterminismViolationError" });
  });
});
