// The compiled product. Everything here goes through its own public functions.

/** A compiled module by its path in the source, such as "lib/agents/digraph"; undefined where this version has no such module. */
export async function productModule(path) {
  try {
    return await import(new URL(`../../dist/${path}.js`, import.meta.url).href);
  } catch (error) {
    if (error.code === "ERR_MODULE_NOT_FOUND" && String(error.message).includes(`${path}.js`)) return undefined;
    throw error;
  }
}

/** A text as the product's document. */
export async function textDocument(text) {
  const { plainDocument } = await productModule("lib/document/plain");
  return plainDocument(text, "text");
}
