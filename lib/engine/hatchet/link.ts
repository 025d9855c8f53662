/** A connection of our own to the engine, on which nothing is sent: it ends when the engine does. The SDK reconnects by itself and tells nobody. */
import { readFileSync } from "node:fs";
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from "node:http2";
import { messageOf } from "../../schema/errors.ts";
import type { HatchetAccess } from "./connect.ts";

const CONNECT_MS = 5_000;
/** The engine allows one in five seconds. */
const PING_EVERY_MS = 10_000;

export interface Link {
  /** Resolves when the engine went away or can't be heard any more, and after `close`. */
  lost: Promise<void>;
  close(): void;
}

/** Connects; rejects when nothing there speaks HTTP/2 the way it was said to. */
export async function openLink(hostPort: string, tls: HatchetAccess["tls"] = {}): Promise<Link> {
  const isPlain = tls.strategy === "none";
  const session = connect(`${isPlain ? "http" : "https"}://${hostPort}`, isPlain ? {} : secured(tls));
  // Whoever waits for the process to end doesn't wait for this.
  session.unref();
  const lost = new Promise<void>((resolve) => session.once("close", resolve));
  try {
    await greeted(session);
  } catch (error) {
    session.destroy();
    throw error;
  }
  const pinging = setInterval(() => ping(session), PING_EVERY_MS);
  pinging.unref();
  void lost.then(() => clearInterval(pinging));
  session.on("error", () => undefined);
  // The engine says goodbye before it stops.
  session.on("goaway", () => session.destroy());
  return { lost, close: () => session.destroy() };
}

/** Until the other side has answered as an HTTP/2 server does. */
function greeted(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no answer for ${CONNECT_MS} ms`)), CONNECT_MS);
    const failed = (error: Error) => {
      clearTimeout(late);
      reject(new Error(messageOf(error) || "the connection failed"));
    };
    session.once("remoteSettings", () => {
      clearTimeout(late);
      resolve();
    });
    session.once("error", failed);
    // A server that wants a certificate says so after the handshake; Node then destroys the session, which says neither "error" nor "close".
    session.once("connect", (_, socket) => socket.once("error", failed));
    session.once("close", () => failed(new Error("the connection was closed at once")));
  });
}

/** A connection that was cut without a word answers no ping. */
function ping(session: ClientHttp2Session): void {
  if (session.destroyed) return;
  const late = setTimeout(() => session.destroy(), PING_EVERY_MS);
  late.unref();
  const asked = session.ping(() => clearTimeout(late));
  if (!asked) clearTimeout(late);
}

function secured({ caFile, certFile, keyFile, serverName }: NonNullable<HatchetAccess["tls"]>): SecureClientSessionOptions {
  return {
    ...(caFile ? { ca: readFileSync(caFile) } : {}),
    ...(certFile ? { cert: readFileSync(certFile) } : {}),
    ...(keyFile ? { key: readFileSync(keyFile) } : {}),
    ...(serverName ? { servername: serverName } : {}),
  };
}
