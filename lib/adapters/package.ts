/** Packages of services that are installed only where they are used. */
import { PermanentError } from "../schema/errors.ts";
import { field } from "./http-errors.ts";

/** The module that `load` imports. Throws PermanentError "invalid_configuration" that says which package to add where it isn't installed. */
export async function loadPackage<Module>(name: string, user: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if (field(cause, "code") !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new PermanentError("invalid_configuration", `${user} needs the package ${name}, which isn't installed. Add it: npm install ${name}`, { cause });
  }
}
