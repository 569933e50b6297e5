/* Let the reader leave before anything else of the app is there: this module waits for none of the others. */

import { coverWhenHidden, exitOnEscape, exitOnLink } from "./quick_exit.js";

exitOnEscape();
exitOnLink();
coverWhenHidden();
