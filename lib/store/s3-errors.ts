/** What a bucket's refusals mean, and what to do about them. */
import { PermanentError, RetryableError } from "../schema/errors.ts";

/** Names of refusals that pass by themselves although their status says otherwise. */
const PASSING = new Set([
  "RequestTimeout",
  "RequestTimeTooSkewed",
  "ExpiredToken",
  "ExpiredTokenException",
  "TokenRefreshRequired",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
]);

/** Permanent refusals by name: which code, what it means, what to do. */
const REFUSALS: Readonly<Record<string, readonly [code: "store_unavailable" | "store_unsupported" | "invalid_configuration", meaning: string]>> = {
  NoSuchBucket: ["store_unavailable", "there is no such bucket. Create it, or correct its name"],
  InvalidBucketName: ["invalid_configuration", "that is no bucket name. Correct it"],
  AccessDenied: ["store_unavailable", "access is denied. Allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket for these credentials"],
  InvalidAccessKeyId: ["store_unavailable", "the access key is unknown. Correct the credentials"],
  // VersityGW's name for the same.
  XAdminUserNotFound: ["store_unavailable", "the access key is unknown. Correct the credentials"],
  SignatureDoesNotMatch: ["store_unavailable", "the secret key is wrong. Correct the credentials"],
  PermanentRedirect: ["invalid_configuration", "the bucket is in another region. Set its region"],
  AuthorizationHeaderMalformed: ["invalid_configuration", "the bucket is in another region. Set its region"],
  NotImplemented: [
    "store_unsupported",
    "the server does not know a request that the store needs (conditional writes). Use a server that does, such as AWS S3, MinIO, R2 or VersityGW",
  ],
};

/** What a refusal of an unknown name comes to. */
const BY_STATUS: Readonly<Record<number, string>> = { 301: "PermanentRedirect", 403: "AccessDenied", 501: "NotImplemented" };

/** The HTTP status of a failed request, or undefined when no answer came. */
export function statusOf(error: unknown): number | undefined {
  const metadata = field(error, "$metadata");
  const status = field(metadata, "httpStatusCode");
  return typeof status === "number" ? status : undefined;
}

/** The name of what went wrong ("NoSuchKey"), or "". */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/**
 * A failed request as the store's own error: RetryableError "store_unavailable" for throttling, 5xx, network and expired credentials,
 * PermanentError for everything that stays refused until somebody changes something. `place` names bucket and server. Bugs stay as they are.
 */
export function s3Failure(place: string, error: unknown): unknown {
  if (error instanceof PermanentError || error instanceof RetryableError) return error;
  const status = statusOf(error);
  const name = nameOf(error);
  const said = `${name}${status === undefined ? "" : `, HTTP ${status}`}`;
  if (status === undefined) return withoutAnswer(place, error);
  if (passes(status, name)) {
    const message = `The bucket ${place} does not answer as it should (${said}). It is tried again; if this stays, look at the service.`;
    return new RetryableError("store_unavailable", message, { status, retryAfterMs: retryAfterMs(error), source: "s3", cause: causeOf(error) });
  }
  const known = Object.hasOwn(REFUSALS, name) ? REFUSALS[name] : REFUSALS[BY_STATUS[status] ?? ""];
  const [code, meaning] = known ?? (["store_unavailable", "the request was refused. Look up this name in the service's documentation"] as const);
  return new PermanentError(code, `The bucket ${place} can't be used: ${meaning} (${said}).`, { cause: causeOf(error) });
}

/** A status below 400 here means an answer that could not be understood. */
function passes(status: number, name: string): boolean {
  if (PASSING.has(name)) return true;
  if (Object.hasOwn(REFUSALS, name) || status === 301 || status === 501) return false;
  return status === 429 || status === 408 || status === 409 || status >= 500 || status < 400;
}

function withoutAnswer(place: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.message === "Region is missing") {
    return new PermanentError("invalid_configuration", `The bucket ${place} can't be used: no region is set. Set the bucket's region.`, {
      cause: causeOf(error),
    });
  }
  if (error.name === "CredentialsProviderError") {
    return new RetryableError(
      "store_unavailable",
      `The bucket ${place} can't be used: no credentials were found. Set an access key and its secret, or a profile.`,
      {
        source: "s3",
        cause: causeOf(error),
      },
    );
  }
  const code = field(error, "code") ?? field(error, "errno");
  if (typeof code !== "string" && error.name !== "TimeoutError") return error;
  const message = `The bucket ${place} can't be reached (${typeof code === "string" ? code : error.name}). Look at the network and the endpoint.`;
  return new RetryableError("store_unavailable", message, { source: "s3", cause: causeOf(error) });
}

/** What the SDK threw, in two words. Its own error holds the whole request, signature and session token included, and must not reach a log. */
export function causeOf(error: unknown): Error {
  return new Error(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

function retryAfterMs(error: unknown): number | undefined {
  const seconds = Number(field(field(field(error, "$response"), "headers"), "retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
