/** The engine inngest while its workers are killed: on the executor of the tests, or on the server that INNGEST_DEV names. */
import { testStorm } from "./storm.ts";

testStorm("inngest");
