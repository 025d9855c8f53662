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

export interface EngineSettings {
  inngest: InngestSettings;
  celery: CelerySettings;
  temporal: TemporalSettings;
}

/** Reads one environment variable by its name; undefined when it is unset or empty. */
export type ReadSecret = (name: string) => string | undefined;
