/** TLS in front of a server that speaks none: certificates of the test's own, and a listener that passes on what it decrypts. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";

/** PEM files of an authority, and of a server and a client that it vouches for. The server is "localhost" and 127.0.0.1. */
export interface Certificates {
  authority: string;
  server: { certificate: string; key: string };
  client: { certificate: string; key: string };
  remove(): Promise<void>;
}

/** Makes them with the openssl of the machine. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), "certificates-"));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => {
    const { status, stderr, error } = spawnSync("openssl", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${error?.message ?? stderr}`);
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const authority = ["-addext", "basicConstraints=critical,CA:true", "-days", "2", "-subj", "/CN=authority"];
  openssl("req", "-x509", ...newKey, "-keyout", file("authority.key"), "-out", file("authority.pem"), ...authority);
  await writeFile(file("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  const vouchedFor = (name: string) => {
    openssl("req", ...newKey, "-keyout", file(`${name}.key`), "-out", file(`${name}.csr`), "-subj", `/CN=${name}`);
    const by = ["-CA", file("authority.pem"), "-CAkey", file("authority.key"), "-CAcreateserial"];
    openssl("x509", "-req", "-in", file(`${name}.csr`), ...by, "-days", "2", "-extfile", file("names"), "-out", file(`${name}.pem`));
    return { certificate: file(`${name}.pem`), key: file(`${name}.key`) };
  };
  const [server, client] = [vouchedFor("server"), vouchedFor("client")];
  return { authority: file("authority.pem"), server, client, remove: () => rm(folder, { recursive: true }) };
}

export interface TlsFront {
  port: number;
  /** Handshakes that succeeded. */
  connections: TLSSocket[];
  stop(): Promise<void>;
}

/** Listens on a free loopback port, and passes on to `port`. With `mutual`, a client without a certificate of the authority is turned away. */
export async function startTlsFront(certificates: Certificates, port: number, options: { mutual?: boolean } = {}): Promise<TlsFront> {
  const { authority, server } = certificates;
  const mutual = options.mutual ?? false;
  const connections: TLSSocket[] = [];
  const front = createServer(
    {
      cert: readFileSync(server.certificate),
      key: readFileSync(server.key),
      ca: readFileSync(authority),
      requestCert: mutual,
      rejectUnauthorized: mutual,
      // What gRPC insists on.
      ALPNProtocols: ["h2", "http/1.1"],
    },
    (socket) => {
      connections.push(socket);
      const behind = connect(port, "127.0.0.1");
      socket.pipe(behind).pipe(socket);
      const end = () => {
        socket.destroy();
        behind.destroy();
      };
      socket.on("error", end).on("close", end);
      behind.on("error", end).on("close", end);
    },
  );
  // Also of clients that were turned away.
  const accepted = new Set<Socket>();
  front.on("connection", (socket: Socket) => accepted.add(socket));
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  return {
    port: (front.address() as AddressInfo).port,
    connections,
    async stop() {
      for (const socket of accepted) socket.destroy();
      await new Promise((resolve) => front.close(resolve));
    },
  };
}
