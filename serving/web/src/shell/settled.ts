/** A value that moves quickly, as it is once it rests: what is dear to draw follows a slider at its end. */
import { useEffect, useState } from "preact/hooks";

export function useSettled<T>(value: T, afterMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(() => value), afterMs);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
