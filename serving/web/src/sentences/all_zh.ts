/** All that can be said again in Chinese: loaded only where Chinese is spoken. */
import { COLLECTION } from "./collection_zh";
import { reader } from "./reading";
import { SERVICE } from "./service_zh";
import { TRAFFIC } from "./traffic_zh";
import { WORDS } from "./words_zh";

export const read = reader([...COLLECTION, ...TRAFFIC, ...SERVICE], WORDS);
