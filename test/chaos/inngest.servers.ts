/** The engine inngest while its workers are killed: on the executor of the tests, on the server that INNGEST_DEV names, or on one of its own, killed as well, of which INNGEST_BINARY is the program. */
import { testStorm } from "./storm.ts";

testStorm("inngest");
