// `npm run examples`: writes the PDF of each example, below examples/ or the folder given. The bytes are the same each time, so nothing changes unless a script here did.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { makeBankStatement } from "./examples/bank-statement.mjs";
import { makeContract } from "./examples/contract.mjs";
import { makeInvoice } from "./examples/invoice.mjs";

const folder = process.argv[2] ? resolve(process.argv[2]) : join(dirname(fileURLToPath(import.meta.url)), "..", "examples");
const documents = { invoice: makeInvoice, contract: makeContract, "bank-statement": makeBankStatement };

for (const [name, make] of Object.entries(documents)) {
  mkdirSync(join(folder, name), { recursive: true });
  const path = join(folder, name, `${name}.pdf`);
  writeFileSync(path, await make());
  console.log(path);
}
