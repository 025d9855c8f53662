/** `prompt-studio init`: an example to start from. */
import { constants } from "node:fs";
import { copyFile, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CONFIG_FILE } from "../config.ts";
import { PermanentError } from "../schema/errors.ts";
import { makeFolder } from "../whole-file.ts";
import type { Context } from "./context.ts";
import { whyUnreadable } from "./files.ts";
import { quoted } from "./quoted.ts";
import { EXIT } from "./surroundings.ts";
import { plain } from "./text.ts";

const CONFIG = { store: ".prompt-studio", llm: "local", limits: { documentBytes: "200 MB", pages: 5000 } };

/** Writes a PDF, prompts for it and a configuration. Refuses to overwrite: when one of them exists, none is written. */
export async function initialise(context: Context, folder: string): Promise<number> {
  const { cwd, packageRoot } = context.surroundings;
  const target = resolve(cwd, folder);
  const example = join(packageRoot, "examples", "invoice");
  const names = ["invoice.pdf", "prompts.json", CONFIG_FILE];
  const written: string[] = [];
  try {
    await makeFolder(target);
    const existing = await Promise.all(names.map((name) => exists(join(target, name))));
    const taken = names.filter((_, index) => existing[index]);
    if (taken.length > 0)
      throw new PermanentError(
        "invalid_request",
        `${plain(folder)} already has ${taken.join(", ")}; nothing was written. Choose another folder, or remove them.`,
      );
    for (const name of names) {
      const path = join(target, name);
      if (name === CONFIG_FILE) await writeFile(path, `${JSON.stringify(CONFIG, undefined, 2)}\n`, { flag: "wx" });
      else await copyFile(join(example, name), path, constants.COPYFILE_EXCL);
      written.push(path);
    }
  } catch (error) {
    await Promise.all(written.map((path) => rm(path, { force: true })));
    if (error instanceof PermanentError) throw error;
    throw new PermanentError("invalid_request", `The example cannot be written to ${plain(folder)}: ${whyUnreadable(error)}. Choose another folder.`, {
      cause: error,
    });
  }
  if (context.options.json) context.printJson({ folder: target, files: names });
  else {
    const enter = target === cwd ? [] : [`  cd ${quoted(folder)}`];
    context.print(
      `Written: ${names.join(", ")}`,
      "Try it (no key and no network needed):",
      ...enter,
      `  ${context.surroundings.program} run invoice.pdf --prompts prompts.json`,
    );
  }
  return EXIT.done;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}
