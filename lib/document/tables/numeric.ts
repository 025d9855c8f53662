/** What cells of numbers look like. */

const NUMBER = /^[(<>≤≥~±+\-−–]{0,3}\s?(?:\p{Sc}|[A-Z]{1,3}\$)?\s?[+\-−–]?\d[\d.,'’ ]{0,24}(?:\s?(?:%|\p{Sc}|‰|[a-zA-Z*†‡]{1,2}))?\)?[*†‡]{0,3}$/u;
const DATE = /^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}$/;
const NOTHING = /^(?:[-–—−.*]{1,3}|n\/?a\.?|\.\.\.|\p{Sc})$/iu;

/** Whether a cell's text is a number, an amount, a share or a date. At most 40 characters are. */
export function isNumeric(text: string): boolean {
  return text.length <= 40 && (NUMBER.test(text) || DATE.test(text));
}

/** Whether a cell's text is a number or stands for a missing one. */
export function isNumericOrNone(text: string): boolean {
  return isNumeric(text) || NOTHING.test(text);
}
