import { describe, expect, it } from "vitest";
import { withMemoryMaximum } from "../../lib/document/wasm-memory.ts";

/** A module of one exported memory ("m") that starts with one page of 64 KiB, with or without an own maximum. */
const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const EXPORT = [7, 5, 1, 1, 0x6d, 2, 0];
const unbounded = Uint8Array.from([...HEADER, 5, 3, 1, 0, 1, ...EXPORT]);
const bounded = Uint8Array.from([...HEADER, 5, 5, 1, 1, 1, 0x80, 2, ...EXPORT]);

interface Memory {
  grow(pages: number): number;
  buffer: ArrayBuffer;
}

async function memoryOf(module: Uint8Array): Promise<Memory> {
  const { instance } = await Reflect.get(globalThis, "WebAssembly").instantiate(module);
  return instance.exports.m;
}

describe("withMemoryMaximum", () => {
  it.each([
    ["a module without a maximum", unbounded],
    ["a module with another maximum", bounded],
  ])("bounds %s", async (_, module) => {
    const memory = await memoryOf(withMemoryMaximum(module, 1));
    expect(memory.grow(15)).toBe(1);
    expect(memory.buffer.byteLength).toBe(1024 * 1024);
    expect(() => memory.grow(1)).toThrow(RangeError);
  });

  it("leaves a module without memory as it is", () => {
    expect(withMemoryMaximum(Uint8Array.from(HEADER), 1)).toEqual(Uint8Array.from(HEADER));
  });
});
