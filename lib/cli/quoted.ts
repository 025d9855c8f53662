/** Words of a command that a person may paste. */

/** A word as a POSIX shell, PowerShell and most others read it back: bare when harmless, else in single quotes. */
export function quoted(word: string): string {
  if (/^[A-Za-z0-9_./:=@%+,\\][A-Za-z0-9_./:=@%+,\\-]*$/.test(word) && (!word.includes("\\") || process.platform === "win32")) return word;
  if (process.platform === "win32") return `"${word.replaceAll('"', '""')}"`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
