/** What each engine is told besides the run: plain data. Secrets are read by name when the engine is made, and stand nowhere else. */

/** Inngest. `dev`: a development server, which needs no keys; its address when it isn't the usual one. */
export interface InngestSettings {
  dev: boolean | string;
  baseUrl?: string;
}

/** Celery over Redis. Both addresses stand here without user and password, to be shown; the engine reads the whole ones as secrets. */
export interface CelerySettings {
  broker?: string;
  resultBackend?: string;
}

/** Temporal. `address` is host:port. `tls` when it was said; a certificate, or a key, means yes otherwise. */
export interface TemporalSettings {
  address: string | undefined;
  namespace: string;
  taskQueue: string;
  tls?: boolean;
  clientCertPath?: string;
  clientKeyPath?: string;
  serverCaPath?: string;
}

/** Hatchet. The addresses are those of the token, unless they are set. */
export interface HatchetSettings {
  /** HOST:PORT of gRPC, where workers connect. */
  hostPort?: string;
  /** Of the REST API. */
  apiUrl?: string;
  /** "tls" when not given. */
  tls?: "tls" | "mtls" | "none";
  caFile?: string;
  certFile?: string;
  keyFile?: string;
  serverName?: string;
  /** Before the names of workflows and workers. */
  namespace?: string;
}

export interface EngineSettings {
  inngest: InngestSettings;
  hatchet: HatchetSettings;
  celery: CelerySettings;
  temporal: TemporalSettings;
}

/** Reads one environment variable by its name; undefined when it is unset or empty. */
export type ReadSecret = (name: string) => string | undefined;
