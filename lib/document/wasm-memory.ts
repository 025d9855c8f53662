/** PDFium as a compiled WebAssembly module with a ceiling for its memory: written into the module, where the engine enforces it exactly. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const PAGE_BYTES = 65_536;
const MEMORY_SECTION = 5;
const HEADER_BYTES = 8;

/** The global of that name: the types of Node leave it out. */
const webAssembly: { compile(bytes: Uint8Array): Promise<object> } = Reflect.get(globalThis, "WebAssembly");

const compiled = new Map<number, Promise<object>>();

/** PDFium compiled for at most `megabytes` of memory: once for a process and limit, for the code is shared by all threads that get it. */
export function pdfiumModule(megabytes: number): Promise<object> {
  const known = compiled.get(megabytes);
  if (known) return known;
  const path = fileURLToPath(import.meta.resolve("@llamaindex/liteparse-wasm/liteparse_wasm_bg.wasm"));
  const module = readFile(path).then((bytes) => webAssembly.compile(withMemoryMaximum(bytes, megabytes)));
  compiled.set(megabytes, module);
  module.catch(() => compiled.delete(megabytes));
  return module;
}

/** The module with the maximum of its first own memory set to `megabytes` (at least what it starts with). Beyond it a request for memory fails inside the module. Modules without an own memory come back as they are. */
export function withMemoryMaximum(module: Uint8Array, megabytes: number): Uint8Array<ArrayBuffer> {
  const maximum = Math.floor((megabytes * 1024 * 1024) / PAGE_BYTES);
  let at = HEADER_BYTES;
  while (at < module.length) {
    const id = module[at];
    const size = readNumber(module, at + 1);
    const end = size.next + size.value;
    if (id !== MEMORY_SECTION) {
      at = end;
      continue;
    }
    const count = readNumber(module, size.next);
    const flags = module[count.next] ?? 0;
    const minimum = readNumber(module, count.next + 1);
    const rest = (flags & 1) === 1 ? readNumber(module, minimum.next).next : minimum.next;
    const limits = [...numberBytes(count.value), flags | 1, ...numberBytes(minimum.value), ...numberBytes(Math.max(minimum.value, maximum))];
    const body = [...limits, ...module.subarray(rest, end)];
    return joined([module.subarray(0, at), Uint8Array.from([MEMORY_SECTION, ...numberBytes(body.length), ...body]), module.subarray(end)]);
  }
  return joined([module]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** An unsigned LEB128 number. */
function readNumber(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  let factor = 1;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * factor;
    if (byte < 128) return { value, next: at + 1 };
    factor *= 128;
  }
  return { value, next: bytes.length };
}

function numberBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}
