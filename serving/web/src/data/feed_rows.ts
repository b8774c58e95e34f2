/** One row per feed out of the figures, which come one by one. */
export interface Figure {
  indicator_id: string;
  subject: string;
  value: number;
}

export interface Feed {
  subject: string;
  age_s: number | null;
  step_s: number | null;
  sensors: number | null;
  values: number | null;
  findings: number;
}

const PREFIX = "feeds.";

/** Those with faults first, then the ones that are oldest by their own step. */
export function feedsOf(figures: readonly Figure[]): Feed[] {
  const by = new Map<string, Map<string, number>>();
  for (const one of figures) {
    if (!one.indicator_id.startsWith(PREFIX)) continue;
    const own = by.get(one.subject) ?? new Map<string, number>();
    own.set(one.indicator_id.slice(PREFIX.length), one.value);
    by.set(one.subject, own);
  }
  const feeds = [...by].map(([subject, own]) => ({
    subject,
    age_s: own.get("age_s") ?? null,
    step_s: own.get("step_s") ?? null,
    sensors: own.get("sensors") ?? null,
    values: own.get("values") ?? null,
    findings: own.get("findings") ?? 0,
  }));
  return feeds.sort((a, b) => b.findings - a.findings || late(b) - late(a));
}

function late(feed: Feed): number {
  return feed.age_s === null ? 0 : feed.age_s / Math.max(feed.step_s ?? 1, 1);
}
