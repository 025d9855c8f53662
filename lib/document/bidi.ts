/** Right-to-left text: from the order on the page (left to right) to the order in which it is read. */

const RTL = "\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc";
const HAS_RTL = new RegExp(`[${RTL}]`, "u");
const MIXED = new RegExp(`(?<=[${RTL}])(?=[A-Za-z])|(?<=[A-Za-z])(?=[${RTL}])`, "u");
const LEADING_POINTS = new RegExp(`^([.,:;!?\\u060c\\u061b\\u061f]+)(.*[${RTL}].*)$`, "u");
/** A lam-alef ligature after the article, taken apart in the wrong order. */
const LAM_ALEF = /\u0627([\u0622\u0623\u0625])\u0644/gu;

/** Whether a text holds letters of a right-to-left script. */
export function hasRightToLeft(text: string): boolean {
  return HAS_RTL.test(text);
}

/** The parts of a word at changes between right-to-left and Latin letters, in the order given. */
export function splitScripts(word: string): string[] {
  return HAS_RTL.test(word) ? word.split(MIXED) : [word];
}

/** A right-to-left word as read: points that were drawn at its left come last, ligatures in their spelling. Other words stay. */
export function logicalWord(word: string): string {
  if (!HAS_RTL.test(word)) return word;
  return word.replace(LEADING_POINTS, "$2$1").replace(LAM_ALEF, "\u0627\u0644$1");
}

type Direction = "rtl" | "ltr" | "neutral";

function directionOf(word: string): Direction {
  if (HAS_RTL.test(word)) return "rtl";
  return /[\p{L}\p{N}]/u.test(word) ? "ltr" : "neutral";
}

/** Whether a line is mostly right-to-left text. */
export function isRightToLeft(words: readonly { text: string }[]): boolean {
  let balance = 0;
  for (const word of words) {
    const direction = directionOf(word.text);
    if (direction === "rtl") balance += word.text.length;
    else if (direction === "ltr" && /\p{L}/u.test(word.text)) balance -= word.text.length;
  }
  return balance > 0;
}

/** Words of a line in the order read, from the order in which they stand from left to right. */
export function readingOrder<T extends { text: string }>(words: readonly T[]): readonly T[] {
  if (!words.some((word) => HAS_RTL.test(word.text))) return words;
  if (!isRightToLeft(words)) return reverseStretches(words, "rtl");
  return reverseStretches([...words].reverse(), "ltr");
}

/** Reverses each stretch of words of a direction; neutral words belong to a stretch only between two of its words. */
function reverseStretches<T extends { text: string }>(words: readonly T[], direction: Direction): T[] {
  const ordered: T[] = [];
  let index = 0;
  while (index < words.length) {
    const word = words[index];
    if (word === undefined) break;
    if (directionOf(word.text) !== direction) {
      ordered.push(word);
      index++;
      continue;
    }
    let end = index + 1;
    for (let next = end; next < words.length; next++) {
      const kind = directionOf(words[next]?.text ?? "");
      if (kind === direction) end = next + 1;
      else if (kind !== "neutral") break;
    }
    ordered.push(...words.slice(index, end).reverse());
    index = end;
  }
  return ordered;
}
