/** A document's password, which comes by standard input or by the environment and never as a flag: flags are seen by every process and kept in histories. */
import { PermanentError } from "../schema/errors.ts";

const LONGEST_BYTES = 4096;

/** The password, or undefined when none was offered. Throws PermanentError "invalid_request" without repeating anything of it. */
export async function readPassword(
  source: { passwordStdin?: boolean; passwordEnv?: string },
  stdin: AsyncIterable<Uint8Array>,
  secret: (name: string) => string | undefined,
): Promise<string | undefined> {
  if (source.passwordStdin && source.passwordEnv !== undefined) throw refusal("--password-stdin and --password-env exclude each other. Give one of them.");
  if (source.passwordEnv !== undefined) {
    const password = secret(source.passwordEnv);
    if (password === undefined) throw refusal(`--password-env names the environment variable ${source.passwordEnv}, which is not set.`);
    return password;
  }
  if (!source.passwordStdin) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > LONGEST_BYTES) throw refusal(`--password-stdin got more than ${LONGEST_BYTES} bytes. Send only the password.`);
  }
  const password = Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
  if (password === "") throw refusal("--password-stdin got nothing. Send the password, as in: prompt-studio run … --password-stdin < password.txt");
  return password;
}

function refusal(message: string): PermanentError {
  return new PermanentError("invalid_request", message);
}
