// `npm run examples`: writes the PDF of each example. The bytes are the same each time, so nothing changes unless a script here did.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeBankStatement } from "./examples/bank-statement.mjs";
import { makeContract } from "./examples/contract.mjs";
import { makeInvoice } from "./examples/invoice.mjs";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "examples");
const documents = { invoice: makeInvoice, contract: makeContract, "bank-statement": makeBankStatement };

for (const [name, make] of Object.entries(documents)) {
  const path = join(folder, name, `${name}.pdf`);
  writeFileSync(path, await make());
  console.log(path);
}
