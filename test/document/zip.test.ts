import { describe, expect, it } from "vitest";
import { readZip, writeZip, ZipError } from "../../lib/document/zip.ts";
import { deflatedZip, zipOf } from "./support/office.ts";

const all = () => true;

describe("archives", () => {
  it("give back what was written, the wanted entries only", () => {
    const zip = zipOf({ "a.xml": "first", "b/c.xml": "second", "ü.xml": "" });
    expect(readZip(zip, all).map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])).toEqual([
      ["a.xml", "first"],
      ["b/c.xml", "second"],
      ["ü.xml", ""],
    ]);
    expect(readZip(zip, (name) => name.startsWith("b/")).map(({ name }) => name)).toEqual(["b/c.xml"]);
  });

  it("inflate", () => {
    const text = Buffer.from("to and fro ".repeat(1000));
    expect(Buffer.from(readZip(deflatedZip("a", text), all)[0]?.bytes ?? []).equals(text)).toBe(true);
  });
});

describe("hostile archives", () => {
  const zeros = Buffer.alloc(4 * 1024 * 1024);
  it.each<[string, Buffer, string, RegExp]>([
    ["a part of zeros, by its ratio before it is inflated", deflatedZip("a", zeros), "limit", /100 times/],
    ["a part that is larger than it says", deflatedZip("a", zeros, 1000), "limit", /larger than its directory says/],
    ["more bytes than the limit in all", deflatedZip("a", Buffer.from("abc"), 600 * 1024 * 1024), "limit", /600 MB/],
    ["too many parts", zipOf(Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`f${index}`, ""]))), "limit", /10001 parts/],
    ["two parts of one name", writeZip([0, 1].map(() => ({ name: "a", crc: 0, bytes: Buffer.from("x") }))), "broken", /same name/],
    ["a cut end", zipOf({ a: "text" }).subarray(0, -4), "broken", /end is missing/],
    ["a cut beginning", zipOf({ a: "text" }).subarray(20), "broken", /./],
    ["nothing at all", Buffer.alloc(0), "broken", /./],
  ])("%s", (_, zip, reason, message) => {
    expect(() => readZip(zip, all)).toThrow(ZipError);
    expect(() => readZip(zip, all)).toThrow(expect.objectContaining({ reason, message: expect.stringMatching(message) }));
  });

  it("bytes that are no deflate stream", () => {
    const zip = deflatedZip("a", Buffer.from("some text that is packed"));
    zip.fill(0xff, 31, 40);
    expect(() => readZip(zip, all)).toThrow(expect.objectContaining({ reason: "broken" }));
  });

  it("any bytes changed never throw anything else", () => {
    const zip = zipOf({ "a.xml": "first", "b.xml": "second" });
    for (let at = 0; at < zip.length; at++) {
      const changed = Buffer.from(zip);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      try {
        readZip(changed, all);
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(ZipError);
      }
    }
  });
});
