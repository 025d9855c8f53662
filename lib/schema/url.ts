/** Addresses in settings. */
import { z } from "zod";

/** An http or https address without user and password: secrets stand in no setting. */
export const urlSchema = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}, "must be an http or https URL without user and password");
