/** Scans made in the test: text that is drawn, and the drawing put on a page as an image. */
import { renderPages } from "../../../lib/document/render.ts";
import { makePdf } from "./pdf.ts";

/** A PNG of lines of text, and its size in pixels. */
export async function pictureOf(lines: readonly string[], size: [number, number] = [600, 300]): Promise<Buffer> {
  const pdf = await makePdf((page) => page.fontSize(22).text(lines.join("\n"), { lineGap: 14 }), { size });
  const drawn = (await renderPages(pdf, [1], { dpi: 130, deadlineMs: 60_000 })).get(1);
  return Buffer.from(drawn?.png ?? []);
}

/** A page of 600 by 300 points, turned clockwise by `turn`, that shows only the picture. */
export function scanOf(picture: Buffer, turn: 0 | 90 | 180 | 270 = 0): Promise<Uint8Array> {
  const [left, top] = { 0: [0, 0], 90: [0, -300], 180: [-600, -300], 270: [-600, 0] }[turn] as [number, number];
  return makePdf((page) => page.rotate(turn).image(picture, left, top, { width: 600, height: 300 }), {
    size: turn % 180 === 0 ? [600, 300] : [300, 600],
    margin: 0,
  });
}
