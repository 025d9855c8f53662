import { describe, expect, it } from "vitest";
import { renderPages } from "../../lib/document/render.ts";
import { caseFile, makePdf, setPage } from "./support/pdf.ts";

describe("renderPages", () => {
  it("draws the pages asked for as displayed, others not", async () => {
    const bytes = await makePdf((pdf) => {
      pdf.text("one").addPage().text("two").addPage();
      setPage(pdf, "Rotate", 90);
      pdf.text("three");
    });
    const pages = await renderPages(bytes, [3, 1, 99], { dpi: 72, deadlineMs: 20_000 });
    expect([...pages.keys()]).toEqual([1, 3]);
    expect(pages.get(1)).toMatchObject({ width: 600, height: 800 });
    expect(pages.get(3)).toMatchObject({ width: 800, height: 600 });
    const header = Buffer.from(pages.get(1)?.png ?? []).subarray(0, 24);
    expect(header.subarray(1, 4).toString()).toBe("PNG");
    expect([header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([600, 800]);
  });

  it("needs the password and says so", async () => {
    const bytes = await caseFile("password-aes256");
    await expect(renderPages(bytes, [1], { dpi: 72, deadlineMs: 20_000 })).rejects.toMatchObject({ code: "document_encrypted" });
    await expect(renderPages(bytes, [1], { dpi: 72, deadlineMs: 20_000, password: "wrong" })).rejects.toMatchObject({ code: "document_password_wrong" });
    expect((await renderPages(bytes, [1], { dpi: 72, deadlineMs: 20_000, password: "asdfzxcv" })).size).toBe(1);
  });
});
