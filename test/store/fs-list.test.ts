import fc from "fast-check";
import { expect, it } from "vitest";
import { walkKeys } from "../../lib/store/fs-list.ts";

const part = fc.string({ unit: fc.constantFrom("a", "b", "-", "_", "0"), minLength: 1, maxLength: 3 });
const key = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
/** Keys of which none is the folder of another one, as in the layout. */
const keys = fc.uniqueArray(key, { maxLength: 40 }).map((all) => all.filter((one) => !all.some((other) => other.startsWith(`${one}/`))));
/** The beginning of some text: often of a key. */
const beginning = (texts: readonly string[]) => fc.tuple(fc.constantFrom("", ...texts), fc.nat(12)).map(([text, length]) => text.slice(0, length));
const scene = keys.chain((all) =>
  fc.record({ all: fc.constant(all), prefix: beginning(all), after: fc.oneof(beginning(all), key, fc.constantFrom("", ...all)) }),
);

/** A folder's names out of a flat list of keys, in no order; counts what was read. */
function folders(all: readonly string[], read: string[]) {
  return async (folder: string): Promise<string[]> => {
    read.push(folder);
    const below = all.filter((one) => one.startsWith(folder)).map((one) => one.slice(folder.length));
    return [...new Set(below.map((rest) => rest.slice(0, rest.indexOf("/") + 1) || rest))].reverse();
  };
}

async function walked(all: readonly string[], prefix: string, after: string | undefined, read: string[] = []): Promise<string[]> {
  const found: string[] = [];
  for await (const one of walkKeys(folders(all, read), prefix, after)) found.push(one);
  return found;
}

it("gives the keys of a tree as a sorted flat list would", async () => {
  await fc.assert(
    fc.asyncProperty(scene, async ({ all, prefix, after }) => {
      const wanted = [...all].sort().filter((one) => one.startsWith(prefix) && one > after);
      expect(await walked(all, prefix, after)).toEqual(wanted);
    }),
    { numRuns: 3_000 },
  );
});

it("reads only folders in which a wanted key can be", async () => {
  const all = ["a/1/x", "a/2/x", "a/3/x", "a-b/1", "b/1"];
  const read: string[] = [];
  expect(await walked(all, "a/", "a/2/w", read)).toEqual(["a/2/x", "a/3/x"]);
  expect(read).toEqual(["a/", "a/2/", "a/3/"]);
  read.length = 0;
  expect(await walked(all, "a/2", undefined, read)).toEqual(["a/2/x"]);
  expect(read).toEqual(["a/", "a/2/"]);
});

it("reads no further than it is asked", async () => {
  const read: string[] = [];
  for await (const first of walkKeys(folders(["a/1/x", "a/2/x", "b/1"], read), "")) {
    expect(first).toBe("a/1/x");
    break;
  }
  expect(read).toEqual(["", "a/", "a/1/"]);
});
