/** Copy what the published package holds beside its modules: the licence, the test vectors and the shapes of the types. */

import { copyFileSync, mkdirSync } from "node:fs";

const here = new URL("./", import.meta.url);
const root = new URL("../../", here);
for (const folder of ["vectors/", "types/"]) mkdirSync(new URL(folder, here), { recursive: true });
copyFileSync(new URL("LICENSE", root), new URL("LICENSE", here));
copyFileSync(new URL("types.d.ts", here), new URL("types/types.d.ts", here));
for (const name of ["resolver-packs.json", "resolver-vectors.json"]) {
  copyFileSync(new URL(`docs/${name}`, root), new URL(`vectors/${name}`, here));
}
