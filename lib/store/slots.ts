/** The slots of the store's users. */
export { createSlots } from "../slots.ts";
