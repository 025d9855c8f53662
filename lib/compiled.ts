/** Worker threads and child processes need a compiled file, also when this code runs from its TypeScript source (in tests). */

/** The URL of the compiled form of the module `name` (without extension, relative to the importing module's `import.meta.url`). */
export function compiledUrl(importer: string, name: string): URL {
  if (!importer.endsWith(".ts")) return new URL(`${name}.js`, importer);
  const root = new URL("../", import.meta.url);
  const source = new URL(`${name}.js`, importer);
  return new URL(`dist/${source.href.slice(root.href.length)}`, root);
}
