/** What each adapter can be told, by kind of service and by its own kind. Plain data: secrets are named by their environment variable, and read when the adapter is made. */
import { z } from "zod";
import { urlSchema } from "../schema/url.ts";

/** What an outside service is used for. */
export const SERVICE_KINDS = ["llm", "embedding", "vector-db", "x2text"] as const;
export type ServiceKind = (typeof SERVICE_KINDS)[number];

const variableSchema = z.string().regex(/^[A-Z_][A-Z0-9_]*$/, "must be the name of an environment variable such as OPENAI_API_KEY, never the secret itself");
const apiKeyEnv = variableSchema.optional();
const nameSchema = z.string().min(1).max(200);
const nothing = z.strictObject({});
const requestsPerMinute = z.int().min(1).max(1_000_000).optional();
/** What a service is asked at most, by this process. */
const limits = { requestsPerMinute, requestsAtOnce: z.int().min(1).max(10_000).optional() };

const llmSchemas = {
  local: nothing,
  openai: z.strictObject({ model: nameSchema, baseUrl: urlSchema.optional(), apiKeyEnv, contextTokens: z.int().min(1_000).optional(), ...limits }),
};

const embeddingSchemas = {
  local: nothing,
  /** `dimensions` is the length of a vector, which has to be said for models that aren't OpenAI's own. `quality` is how far its neighbours can be trusted against shared words. */
  openai: z.strictObject({
    model: nameSchema,
    baseUrl: urlSchema.optional(),
    apiKeyEnv,
    dimensions: z.int().min(1).max(16_384).optional(),
    quality: z.number().min(0).max(1).optional(),
    batch: z.int().min(1).max(2_048).optional(),
    ...limits,
  }),
};

const vectorDatabaseSchemas = {
  local: nothing,
  upstash: z.strictObject({ url: urlSchema, apiKeyEnv: variableSchema }),
  /** `urlEnv` names the variable with the whole connection string, which holds a password. */
  pgvector: z.strictObject({
    urlEnv: variableSchema,
    schema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, "a schema's name such as public")
      .optional(),
  }),
  chroma: z.strictObject({ url: urlSchema, apiKeyEnv, tenant: nameSchema.optional(), database: nameSchema.optional() }),
  qdrant: z.strictObject({ url: urlSchema, apiKeyEnv }),
};

const textExtractorSchemas = {
  builtin: nothing,
  "no-op": nothing,
  llmwhisperer: z
    .strictObject({
      baseUrl: urlSchema.optional(),
      apiKeyEnv,
      requestsPerMinute,
      mode: z.enum(["native_text", "low_cost", "high_quality", "form", "table"]).optional(),
      outputMode: z.enum(["layout_preserving", "text"]).optional(),
      lineSplitterTolerance: z.number().min(0).max(1).optional(),
      horizontalStretchFactor: z.number().min(0.1).max(10).optional(),
      markVerticalLines: z.boolean().optional(),
      markHorizontalLines: z.boolean().optional(),
      medianFilterSize: z.int().min(0).max(99).optional(),
      gaussianBlurRadius: z.number().min(0).max(99).optional(),
    })
    .superRefine((settings, check) => {
      const filters = (["medianFilterSize", "gaussianBlurRadius"] as const).filter((name) => settings[name] !== undefined);
      if (settings.mode === "low_cost") return;
      for (const name of filters) check.addIssue({ code: "custom", path: [name], message: "has an effect only in the mode low_cost; leave it out" });
    }),
  unstructured: z.strictObject({
    baseUrl: urlSchema.optional(),
    apiKeyEnv,
    requestsPerMinute,
    strategy: z.enum(["auto", "fast", "hi_res", "ocr_only"]).optional(),
  }),
  llamaparse: z.strictObject({ baseUrl: urlSchema.optional(), apiKeyEnv, requestsPerMinute, mode: z.enum(["fast", "default", "premium"]).optional() }),
  docling: z.strictObject({
    url: urlSchema,
    apiKeyEnv,
    requestsPerMinute,
    ocr: z.boolean().optional(),
    forceOcr: z.boolean().optional(),
    tableMode: z.enum(["fast", "accurate"]).optional(),
  }),
};

/** What may be said of an adapter of each kind, besides its kind. */
export const ADAPTER_SCHEMAS = { llm: llmSchemas, embedding: embeddingSchemas, "vector-db": vectorDatabaseSchemas, x2text: textExtractorSchemas };

type Schemas = typeof ADAPTER_SCHEMAS;
type Known<Settings> = Settings extends Record<string, never> ? unknown : Settings;
type SettingsByKind<Of extends Record<string, z.ZodType>> = { [Kind in keyof Of & string]: { kind: Kind; instance: string } & Known<z.infer<Of[Kind]>> };

/** The settings of one adapter instance, by the kind of service; `instance` is its name in requests. */
export type AdapterSettings<Service extends ServiceKind> = { [Each in Service]: SettingsByKind<Schemas[Each]>[keyof Schemas[Each] & string] }[Service];
/** The settings of an adapter of one kind: SettingsOf<"vector-db", "qdrant">. */
export type SettingsOf<Service extends ServiceKind, Kind extends keyof Schemas[Service] & string> = SettingsByKind<Schemas[Service]>[Kind];

/** The setting that the second half of a name such as openai:gpt-5 gives. */
export const NAMED_SETTING: { readonly [Service in ServiceKind]: Readonly<Record<string, string>> } = {
  llm: { openai: "model" },
  embedding: { openai: "model" },
  "vector-db": {},
  x2text: { llmwhisperer: "mode", llamaparse: "mode" },
};

/** What of a request about reading a text extractor honours. What it doesn't is refused, not ignored. */
export const HONOURED_BY: { readonly [Kind in keyof typeof textExtractorSchemas]: { pages: boolean; language: boolean; password: boolean } } = {
  builtin: { pages: true, language: true, password: true },
  "no-op": { pages: false, language: true, password: false },
  llmwhisperer: { pages: true, language: true, password: false },
  unstructured: { pages: false, language: true, password: false },
  llamaparse: { pages: true, language: true, password: false },
  docling: { pages: true, language: true, password: false },
};
