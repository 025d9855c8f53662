/** Yes and no in many languages, and checked boxes. */
import type { Json } from "../schema/json.ts";
import { foldWord } from "./fold.ts";
import { MAXIMUM_SCALAR_LENGTH, readable, type TypedValue, unreadable } from "./types.ts";

const YES = new Set(
  (
    "yes y yeah true t 1 on ok okay x ja j jawohl wahr zutreffend oui o vrai si s verdadero cierto vero sim verdadeiro waar tak prawda kylla joo ano igen da evet " +
    "checked ticked enabled included agreed accepted да так はい 有 あり 是 예 네 ✓ ✔ ☑ ☒ 🗹 ✅ ■ ⊠"
  ).split(" "),
);
const NO = new Set(
  (
    "no n nope false f 0 off nein falsch unwahr non faux falso nao nee niet onwaar nej nei nie falsz ei ne nem nu hayir not " +
    "unchecked unticked disabled excluded declined нет ні いいえ 無 なし 无 否 不是 아니오 아니요 ✗ ✘ ☐ □ ❌ ⬜"
  ).split(" "),
);
const NO_PHRASES = new Set(["nicht zutreffend", "trifft nicht zu", "nicht enthalten", "not included", "not checked", "not agreed"]);
const YES_PHRASES = new Set(["trifft zu", "is included"]);

const CHECKED = "☑|☒|🗹|✅|⊠|■|✓|✔|\\[ ?[xX✓✔] ?\\]|\\( ?[xX✓✔] ?\\)";
const UNCHECKED = "☐|□|⬜|❏|✗|✘|❌|\\[ {0,3}\\]|\\( {0,3}\\)|\\[_\\]";
const BOX = new RegExp(`(${CHECKED})|(${UNCHECKED})`, "gu");

function ofWord(text: string): boolean | undefined {
  const word = foldWord(text).replace(/[.!,;:]+$/, "");
  if (YES.has(word) || YES_PHRASES.has(word)) return true;
  return NO.has(word) || NO_PHRASES.has(word) ? false : undefined;
}

interface Box {
  checked: boolean;
  start: number;
  end: number;
}

/** "☑ Yes ☐ No" and "Yes [x] No [ ]": the word beside the checked box. A single box without yes or no beside it speaks for itself. */
function readBoxes(text: string): TypedValue | undefined {
  const boxes: Box[] = [...text.matchAll(BOX)].map((match) => ({ checked: match[1] !== undefined, start: match.index, end: match.index + match[0].length }));
  const [first] = boxes;
  if (first === undefined) return undefined;
  const labelsFollow = text.slice(0, first.start).trim() === "" || ofWord(text.slice(0, first.start)) === undefined;
  const label = (index: number) =>
    labelsFollow ? text.slice(boxes[index]?.end, boxes[index + 1]?.start) : text.slice(boxes[index - 1]?.end ?? 0, boxes[index]?.start);
  const meanings = boxes.map((box, index) => ({ checked: box.checked, meaning: ofWord(label(index)) }));
  if (boxes.length === 1) {
    const [only] = meanings;
    return readable(only?.meaning === false ? !only.checked : (only?.checked ?? false), only?.checked ? "its box is checked" : "its box is not checked");
  }
  const checked = [...new Set(meanings.filter((box) => box.checked).map((box) => box.meaning))];
  if (checked.length === 1 && checked[0] !== undefined) return readable(checked[0], `the checked box says ${checked[0] ? "yes" : "no"}`);
  return unreadable(checked.length === 0 ? "no box is checked" : "the checked boxes do not say one yes or no");
}

function readText(text: string): TypedValue {
  if (text.length > MAXIMUM_SCALAR_LENGTH) return unreadable("too long to be yes or no");
  const whole = ofWord(text);
  if (whole !== undefined) return readable(whole, "means yes or no by itself");
  const boxed = readBoxes(text);
  if (boxed) return boxed;
  // "No. 5" is a number's label; "No, the contract …" is an answer.
  const [, head = ""] = /^\s*(\p{L}{2,8})(?:\s*[,;:!–—(-]|\.(?!\s*\d)\s)/u.exec(text) ?? [];
  const answer = head === "" ? undefined : ofWord(head);
  return answer === undefined ? unreadable("says neither yes nor no") : readable(answer, `begins with ${answer ? "yes" : "no"}`);
}

/** Reads yes or no: words of many languages, boxes, 1 and 0, or a sentence that begins with yes or no. Anything else is none, never false. */
export function readBoolean(raw: Json): TypedValue {
  if (typeof raw === "boolean") return readable(raw, "given as true or false");
  if (typeof raw === "number") return raw === 0 || raw === 1 ? readable(raw === 1, "given as 1 or 0") : unreadable("a number other than 0 and 1");
  if (typeof raw === "string") return readText(raw);
  if (Array.isArray(raw) && raw.length === 1) return readBoolean(raw[0] ?? null);
  return unreadable("not a text or true or false");
}
