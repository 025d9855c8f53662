/** What a PDF parser gives for a page, before words and views are made of it. */

import type { Rulings } from "./tables/rulings.ts";

/** A rectangle on the displayed page, origin top left; in points unless something else is said. */
export interface Rectangle {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A run of text drawn in one go. `pieces` are parts of `text` in order, with their own rectangles, where the parser knows them. `rotation` is in degrees clockwise. */
export interface ParsedItem extends Rectangle {
  text: string;
  rotation: number;
  pieces: readonly ParsedPiece[];
}

/** A part of an item with its own rectangle. */
export interface ParsedPiece extends Rectangle {
  text: string;
  /** 0 to 1, where the text was recognised from an image. */
  confidence?: number | undefined;
}

/** A page as displayed (rotation and crop box applied), sizes in points. */
export interface ParsedPage {
  number: number;
  width: number;
  height: number;
  items: readonly ParsedItem[];
  rulings?: Rulings;
}

/** A word placed on a page: `shown` on the displayed page, `upright` in the page turned so that the word's text runs from left to right. */
export interface PlacedWord {
  text: string;
  shown: Rectangle;
  upright: Rectangle;
  confidence?: number | undefined;
}

/** Words drawn in one go, in the order in which they stand from left to right. `upright` holds them all. */
export interface Run {
  words: PlacedWord[];
  upright: Rectangle;
}

/** A line of runs, left to right. `height` and `bottom` are of its main run. */
export interface Line {
  runs: Run[];
  bottom: number;
  height: number;
}

/** The right edge of a rectangle. */
export function rightOf(box: Rectangle): number {
  return box.left + box.width;
}

/** The lower edge of a rectangle. */
export function bottomOf(box: Rectangle): number {
  return box.top + box.height;
}

/** Whether two rectangles share some of their area. */
export function overlaps(first: Rectangle, second: Rectangle): boolean {
  return first.left < rightOf(second) && second.left < rightOf(first) && first.top < bottomOf(second) && second.top < bottomOf(first);
}

/** The smallest rectangle around both. */
export function around(first: Rectangle, second: Rectangle): Rectangle {
  const left = Math.min(first.left, second.left);
  const top = Math.min(first.top, second.top);
  return { left, top, width: Math.max(rightOf(first), rightOf(second)) - left, height: Math.max(bottomOf(first), bottomOf(second)) - top };
}

/** The middle value of a list, 0 for an empty one. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((first, second) => first - second);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The lower of two confidences, where there are any. */
export function lowerConfidence(first: number | undefined, second: number | undefined): number | undefined {
  return first === undefined ? second : second === undefined ? first : Math.min(first, second);
}

/** Two parts of a word as one. */
export function joinWords(first: PlacedWord, second: PlacedWord): PlacedWord {
  return {
    text: first.text + second.text,
    shown: around(first.shown, second.shown),
    upright: around(first.upright, second.upright),
    confidence: lowerConfidence(first.confidence, second.confidence),
  };
}
