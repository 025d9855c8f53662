/** Days that exist. */

/** A day as printed: the year may have two digits. */
export interface Day {
  year: number;
  month: number;
  day: number;
}

/** The last two-digit year that is read as 20xx: 49 is 2049, 50 is 1950. */
const LAST_YEAR_OF_2000S = 49;

/** The year that two printed digits stand for; any other year is itself. */
export function fullYear(printed: string): number {
  const year = Number(printed);
  return printed.length > 2 ? year : year + (year <= LAST_YEAR_OF_2000S ? 2000 : 1900);
}

/** YYYY-MM-DD of a day of the Gregorian calendar, undefined where there is no such day (31 February) or year (before 1000, after 9999). */
export function isoDay({ year, month, day }: Day): string | undefined {
  if (year < 1000 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.toISOString().slice(0, 10) : undefined;
}
