import { describe, expect, it } from "vitest";
import { imageHeader, type Quarter, withTurn } from "../../lib/document/image-header.ts";

/** The smallest JPEG that says its size: a frame of 3 by 2 pixels. */
const jpeg = Buffer.from("ffd8ffc0000b080002000301011100ffd9", "hex");
const little = (orientation: number) =>
  Buffer.concat([
    jpeg.subarray(0, 2),
    Buffer.from(`ffe1002245786966000049492a000800000001001201030001000000${orientation.toString(16).padStart(2, "0")}00000000000000`, "hex"),
    jpeg.subarray(2),
  ]);

describe("JPEG", () => {
  it.each([
    [1, 0],
    [3, 180],
    [6, 90],
    [8, 270],
    [2, 0],
  ])("orientation %i is a turn by %i", (orientation, turn) => {
    expect(imageHeader(little(orientation), "jpeg")).toEqual({ width: 3, height: 2, turn });
  });

  it.each<Quarter>([0, 90, 180, 270])("a turn of %i comes before the file's own", (turn) => {
    expect(imageHeader(withTurn(little(3), "jpeg", turn), "jpeg")?.turn).toBe(turn);
  });

  it("without a frame has no header, wherever it is cut", () => {
    for (let end = 0; end < jpeg.length - 6; end++) expect(imageHeader(little(6).subarray(0, end + 36), "jpeg"), `cut at ${end}`).toBeUndefined();
    expect(imageHeader(Buffer.from("ffd8ffd8ffd8", "hex"), "jpeg")).toBeUndefined();
  });
});

describe("WebP", () => {
  const webp = (form: string, rest: string) =>
    Buffer.concat([Buffer.from("RIFF\0\0\0\0WEBP", "latin1"), Buffer.from(form, "latin1"), Buffer.from(rest, "hex")]);
  it.each([
    ["VP8X", "0a0000000000000020030057020000", { width: 801, height: 600 }],
    ["VP8 ", "000000003000009d012a20035802", { width: 800, height: 600 }],
    ["VP8L", "000000002f1fc39500", { width: 800, height: 600 }],
  ])("%s", (form, rest, size) => {
    expect(imageHeader(webp(form, rest), "webp")).toEqual({ ...size, turn: 0 });
  });

  it("of an unknown kind or cut has none", () => {
    expect(imageHeader(webp("ABCD", "00"), "webp")).toBeUndefined();
    expect(imageHeader(webp("VP8 ", "00"), "webp")).toBeUndefined();
  });
});
