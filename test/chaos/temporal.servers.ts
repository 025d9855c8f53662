/** The engine temporal while its workers and its server are killed. */
import { testStorm } from "./storm.ts";

testStorm("temporal");
