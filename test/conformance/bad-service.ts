/** What every adapter must make of a service that answers badly: a typed error that names the service and what to do, and another try only where it can help. */
import { describe, expect, it } from "vitest";
import { PermanentError, RetryableError } from "../../lib/schema/errors.ts";
import { type Reply, startService } from "../support/service.ts";

export interface BadServiceSubject {
  name: string;
  /** What errors call the service. */
  source: string;
  /** The most that an answer may have, in bytes. */
  maximumBytes?: number;
  /** Asks the service at that address for something. */
  ask(url: string, signal: AbortSignal): Promise<unknown>;
}

const MEGABYTE = Buffer.alloc(1 << 20, 0x20);

interface Case {
  reply: Reply;
  error: typeof PermanentError | typeof RetryableError;
  code: string;
  message: RegExp;
  details?: object;
}

const half: Reply = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"result":[{"id":', () => response.destroy());
};

const CASES: Readonly<Record<string, Case>> = {
  "a web page": {
    reply: { text: "<!doctype html><p>hello", headers: { "content-type": "text/html" } },
    error: PermanentError,
    code: "adapter_failed",
    message: /web page/,
  },
  "half a body": { reply: half, error: RetryableError, code: "adapter_unreachable", message: /No answer/ },
  "JSON that is cut off": {
    reply: { text: '{"result":[{"id":', headers: { "content-type": "application/json" } },
    error: RetryableError,
    code: "adapter_",
    message: /./,
  },
  "JSON of another form": { reply: { json: { greeting: "hello" } }, error: PermanentError, code: "adapter_failed", message: /doesn't have the form/ },
  "an error inside a success": {
    reply: { json: { error: { message: "the model is broken" } } },
    error: PermanentError,
    code: "adapter_failed",
    message: /error inside: the model is broken/,
  },
  "a passing error inside a success": {
    reply: { json: { error: { message: "overloaded, try again" } } },
    error: RetryableError,
    code: "adapter_failed",
    message: /overloaded/,
  },
  "429 for ever": {
    reply: { status: 429, headers: { "retry-after": "7" }, json: { error: "slow down" } },
    error: RetryableError,
    code: "adapter_rate_limited",
    message: /429/,
    details: { status: 429, retryAfterMs: 7_000 },
  },
  "a failing server": { reply: { status: 503, text: "<html>" }, error: RetryableError, code: "adapter_failed", message: /503/, details: { status: 503 } },
  "a refused key": {
    reply: { status: 401, json: { error: "who are you" } },
    error: PermanentError,
    code: "adapter_refused",
    message: /refused the key.*Check/,
  },
  "an answer without end": {
    reply: async (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      for (let count = 0; count < 400 && !response.destroyed; count++)
        if (!response.write(MEGABYTE)) await new Promise((go) => response.once("drain", go).once("close", go));
      response.end();
    },
    error: PermanentError,
    code: "adapter_failed",
    message: /more than \d+ bytes/,
  },
};

/** Runs the suite against one adapter. */
export function badServiceConformance(subject: BadServiceSubject): void {
  const failureOf = async (reply: Reply, signal = new AbortController().signal): Promise<unknown> => {
    const service = await startService(() => reply);
    try {
      return await subject.ask(service.url, signal).then(
        () => undefined,
        (error: unknown) => error,
      );
    } finally {
      await service.close();
    }
  };

  describe(`${subject.name} and a service that answers badly`, () => {
    it.each(Object.entries(CASES))("%s", async (_, { reply, error, code, message, details }) => {
      const failure = await failureOf(reply);
      expect(failure).toBeInstanceOf(error);
      expect(failure).toMatchObject({ code: expect.stringContaining(code), message: expect.stringMatching(message), ...details });
      if (failure instanceof RetryableError) expect(failure.source).toBe(subject.source);
    });

    it("a redirect to a private address is not followed", async () => {
      const secret = await startService(() => ({ json: {} }));
      const failure = await failureOf({ status: 302, headers: { location: `${secret.url}/latest/meta-data` } });
      await secret.close();
      expect(failure).toBeInstanceOf(PermanentError);
      expect(String(failure)).toContain("redirect");
      expect(secret.requests).toEqual([]);
    });

    it("silence ends when the run is cancelled", async () => {
      const controller = new AbortController();
      const service = await startService(() => () => controller.abort(new Error("cancelled by the user")));
      await expect(subject.ask(service.url, controller.signal)).rejects.toThrow("cancelled by the user");
      await service.close();
    });

    it("no service at all is worth another try", async () => {
      const service = await startService(() => ({}));
      await service.close();
      const failure = await subject.ask(service.url, new AbortController().signal).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RetryableError);
      expect(failure).toMatchObject({ code: "adapter_unreachable", message: expect.stringContaining("ECONNREFUSED") });
    });
  });
}
