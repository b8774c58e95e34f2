/** A sentence of the service in the reader's language; one that is not known stays English and is marked as English. */
import { language } from "./words";

let read: (text: string) => string | undefined = () => undefined;

/** Before anything is drawn: what the sentences are read with. Without it they stay as they are. */
export async function readySentences(): Promise<void> {
  if (language !== "zh") return;
  await import("../sentences/all_zh").then(
    (found) => {
      read = found.read;
    },
    () => undefined,
  );
}

/** Where only a text can stand, such as in an announcement. */
export function inWords(text: string): string {
  return read(text) ?? text;
}

export function Said(props: { text: string }) {
  const found = read(props.text);
  if (found !== undefined || language !== "zh" || !/[A-Za-z]{3,} [a-z]/.test(props.text)) return <>{found ?? props.text}</>;
  return <span lang="en">{props.text}</span>;
}
