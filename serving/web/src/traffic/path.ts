/** What is open, in the part of the address after #: plans/ID/JUNCTION. The way back works. */
import { useEffect, useState } from "preact/hooks";

function read(): string[] {
  return location.hash
    .slice(1)
    .split("/")
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}

export function usePath(): string[] {
  const [path, setPath] = useState(read);
  useEffect(() => {
    const follow = () => setPath((before) => (before.join("/") === read().join("/") ? before : read()));
    addEventListener("hashchange", follow);
    follow(); // it may have changed between the first drawing and now
    return () => removeEventListener("hashchange", follow);
  }, []);
  return path;
}

export function hashOf(...parts: string[]): string {
  return `#${parts.map(encodeURIComponent).join("/")}`;
}
