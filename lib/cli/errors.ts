/** Errors as a person at a terminal, or a program reading JSON, gets them. */
import { type ErrorCode, messageOf, PermanentError, RetryableError } from "../schema/errors.ts";
import { EXIT } from "./surroundings.ts";
import { plain } from "./text.ts";

const DOCUMENTATION = "docs/errors.md";
/** Codes of what the caller can mend before anything runs. The others mean that a run failed or a service is away. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "invalid_request",
  "invalid_configuration",
  "not_supported",
  "unknown_adapter",
  "limit_exceeded",
  "run_conflict",
  "run_not_found",
  "document_unreadable",
  "document_empty",
  "document_broken",
  "document_encrypted",
  "document_password_wrong",
  "document_mislabelled",
  "document_without_text",
  "document_too_large",
  "store_unsupported",
]);

/** The code in docs/errors.md of anything thrown. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof PermanentError || error instanceof RetryableError ? error.code : "internal";
}

/** 2 for what the caller can mend, else 1. */
export function exitCodeOf(error: unknown): number {
  return error instanceof PermanentError && USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.failed;
}

/** Where an error is explained. */
export function documentationOf(code: string): string {
  return `${DOCUMENTATION}#${code}`;
}

/** What, where, what next. The stack only with `debug`. */
export function errorLines(error: unknown, debug: boolean): string[] {
  const code = codeOf(error);
  const problems = error instanceof PermanentError ? error.problems : [];
  const summary = problems.length > 1 ? messageOf(error).split(":")[0] : messageOf(error);
  const lines = [`error: ${plain(summary ?? "")}`];
  if (problems.length > 1) lines.push(...problems.map(({ pointer, message }) => `  ${plain(pointer === "" ? message : `${pointer}  ${message}`)}`));
  if (code === "internal" && !(error instanceof PermanentError)) lines.push("This should not happen. Run it again with --debug and report what it prints.");
  lines.push(`See ${documentationOf(code)}`);
  if (debug && error instanceof Error && error.stack) lines.push(error.stack);
  return lines;
}

/** The same as data, for --json. */
export function errorDocument(error: unknown) {
  const code = codeOf(error);
  const problems = error instanceof PermanentError ? error.problems : [];
  return { error: { code, message: messageOf(error), ...(problems.length > 0 ? { problems } : {}), documentation: documentationOf(code) } };
}
