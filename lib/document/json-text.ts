/** JSON files as text: as they stand, minified ones spread over lines. Numbers and strings stay as written. */

const LONG_LINE = 2_000;

/** The text with a line for each member where its lines are too long to be read; everything else as it is. */
export function jsonText(text: string): string {
  const isMinified = text.split("\n", 50).some((line) => line.length > LONG_LINE);
  return isMinified && /^\s*[[{]/.test(text) ? spread(text) : text;
}

function spread(text: string): string {
  const parts: string[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\[\s\S])*"?|[[\]{},:]|[^\s"[\]{},:]+/g)) {
    if (token === "}" || token === "]") parts.push("\n", token);
    else if (token === "{" || token === "[" || token === ",") parts.push(token, "\n");
    else parts.push(token, token === ":" ? " " : "");
  }
  return parts.join("").replace(/\n{2,}/g, "\n");
}
