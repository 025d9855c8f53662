/** The engine celery while its workers and Redis are killed. */
import { testStorm } from "./storm.ts";

testStorm("celery");
