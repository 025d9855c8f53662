// Writes records in a loop until it is killed: `node writer.mjs STORE_MODULE ROOT LIFE`. Prints "KEY SHA256" after each write that was acknowledged.
import { createHash } from "node:crypto";

const [module, root, life] = process.argv.slice(2);
const { createFsStore } = await import(module);
const store = createFsStore({ root });

/** A record that carries its own checksum, of a size that differs from one to the next. */
function record(text, size) {
  const content = Buffer.from(text.repeat(Math.ceil(size / text.length)).slice(0, size));
  const checksum = createHash("sha256").update(content).digest("hex");
  return { checksum, bytes: Buffer.concat([Buffer.from(`${checksum}\n`), content]) };
}

async function* inParts(bytes) {
  for (let start = 0; start < bytes.length; start += 100_000) yield bytes.subarray(start, start + 100_000);
}

async function write(lane) {
  for (let count = 0; ; count++) {
    const { bytes, checksum } = record(`${life}/${lane}/${count} `, 1_000 + ((count * 1_007_919 + lane * 704_729) % 4_000_000));
    const key = count % 2 === 0 ? `records/${lane}/${life}-${count}` : `replaced/${lane}`;
    const body = count % 3 === 0 ? inParts(bytes) : bytes;
    if (count % 2 === 0) await store.putIfAbsent(key, body);
    else await store.put(key, body);
    process.stdout.write(`${key} ${checksum}\n`);
  }
}

await Promise.all([0, 1, 2].map(write));
