/** The service reads * and ? in its filters as wildcards and knows no sign that takes that away: one ? stands for one * at most. */
export function literal(text: string): string {
  return text.replaceAll("*", "?");
}
