/** The engine embedded while its workers are killed. */
import { testStorm } from "./storm.ts";

testStorm("embedded");
