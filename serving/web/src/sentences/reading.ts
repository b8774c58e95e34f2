/**
 * The service composes its sentences in English. Here they are read by their patterns and said again in Chinese, whole
 * or not at all: a sentence of which a part is not known stays as it came.
 *
 * In a pattern {x} stands for a number, a time, an id: what is no English. {x:name} is taken over whatever it is, since
 * people gave that name; {x:word} is a word of the trade, {x:said} a sentence or a part of one that is read in the same
 * way, {x:list} several of those with "; " between.
 */

export type Pair = readonly [english: string, chinese: string];
export type Words = Readonly<Record<string, string>>;

interface Pattern {
  shape: RegExp;
  names: { name: string; kind: string }[];
  chinese: string;
  /** How many characters are the pattern's own. */
  own: number;
}

const PLACE = /\{(\w+)(?::(\w+))?\}/g;
const DEEPEST = 4;
const ENGLISH = /(?:^|[ (])(?!(?:min|days?|veh|pcu)\b)[a-z]{3,}\b|: |\. /;
const AN_ID = /^[\w.-]*[A-Z\d_][\w.-]*$/;

export function reader(pairs: readonly Pair[], words: Words): (text: string) => string | undefined {
  // Those that say most themselves come first: "Truck {truck}, point {point}: ..." before "Truck {truck}: ...".
  const patterns = pairs.map(patternOf).sort((a, b) => b.own - a.own);

  const read = (text: string, depth: number): string | undefined => {
    if (text === "") return "";
    if (depth > DEEPEST) return undefined;
    return alone(text, depth) ?? inParts(text, depth);
  };

  const alone = (text: string, depth: number): string | undefined => {
    for (const pattern of patterns) {
      const found = pattern.shape.exec(text);
      if (found === null) continue;
      const said = filled(pattern, found, depth);
      if (said !== undefined) return said;
    }
    return undefined;
  };

  /** Several sentences one after the other: each has to be known. */
  const inParts = (text: string, depth: number): string | undefined => {
    for (let end = text.lastIndexOf(". "); end > 0; end = text.lastIndexOf(". ", end - 1)) {
      const first = alone(text.slice(0, end + 1), depth);
      const rest = first === undefined ? undefined : read(text.slice(end + 2), depth);
      if (first !== undefined && rest !== undefined) return first + rest;
    }
    return undefined;
  };

  const filled = (pattern: Pattern, found: RegExpExecArray, depth: number): string | undefined => {
    const values = new Map<string, string>();
    for (const [at, { name, kind }] of pattern.names.entries()) {
      const value = translated(found[at + 1] ?? "", kind, depth);
      if (value === undefined) return undefined;
      values.set(name, value);
    }
    return pattern.chinese.replace(PLACE, (_, name: string) => values.get(name) ?? "");
  };

  const translated = (text: string, kind: string, depth: number): string | undefined => {
    if (kind === "word") return words[text] ?? (AN_ID.test(text) ? text : undefined);
    if (kind === "said") return read(text, depth + 1);
    if (kind === "list") {
      const parts = text.split("; ").map((part) => read(part, depth + 1));
      return parts.includes(undefined) ? undefined : parts.join("；");
    }
    if (kind === "name") return text.includes(". ") ? undefined : text;
    return ENGLISH.test(text) ? undefined : text;
  };

  return (text) => read(text.trim(), 0);
}

function patternOf([english, chinese]: Pair): Pattern {
  const names: Pattern["names"] = [];
  const shape = english
    .split(/(\{\w+(?::\w+)?\})/)
    .map((part) => {
      const place = /^\{(\w+)(?::(\w+))?\}$/.exec(part);
      if (place === null) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      names.push({ name: place[1] as string, kind: place[2] ?? "" });
      return "(.+?)";
    })
    .join("");
  return { shape: new RegExp(`^${shape}$`, "s"), names, chinese, own: english.replace(PLACE, "").length };
}
