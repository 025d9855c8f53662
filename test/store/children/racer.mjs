// Tries to win every key, once a line arrives on stdin: `node racer.mjs STORE_MODULE ROOT NAME KEYS`. Prints the numbers of the keys it won as JSON.
import { once } from "node:events";

const [module, root, name, keys] = process.argv.slice(2);
const { createFsStore } = await import(module);
const store = createFsStore({ root });

process.stdout.write("ready\n");
await once(process.stdin, "data");
process.stdin.destroy();

const won = [];
for (let number = 0; number < Number(keys); number++) {
  // A folder of its own for each, so that making folders is raced for too.
  const key = `claims/${number}/deep/000001`;
  if (await store.putIfAbsent(key, Buffer.from(JSON.stringify({ name, number })))) won.push(number);
}
process.stdout.write(`${JSON.stringify(won)}\n`);
