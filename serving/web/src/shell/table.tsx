/** A table that can be sorted by its headings and is read as one by a screen reader. */
import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { t } from "./words";

export interface Column<R> {
  name: string;
  cell: (row: R) => ComponentChildren;
  /** Where it is given, the heading sorts by it. */
  by?: (row: R) => number | string;
  number?: boolean;
  /** Sentences: the column keeps a width in which they can be read. */
  words?: boolean;
}

const SHOWN = 100;

export function Table<R>(props: {
  caption: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  id: (row: R) => string;
  empty: string;
  current?: string | undefined;
  /** Rows with sentences: on a telephone each is a card, its headings beside its values. */
  cards?: boolean;
}) {
  const [sorted, setSorted] = useState<{ at: number; down: boolean }>();
  const [shown, setShown] = useState(SHOWN);
  const rows = useMemo(() => inOrder(props.rows, props.columns, sorted), [props.rows, props.columns, sorted]);
  if (props.rows.length === 0) return <p class="quiet">{props.empty}</p>;
  const turn = (at: number) => setSorted((before) => ({ at, down: before?.at === at && !before.down }));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={props.caption}>
      <table class={props.cards ? "carded" : undefined}>
        <caption class="unseen">{props.caption}</caption>
        <thead>
          <tr>
            {props.columns.map((column, at) => (
              <th
                key={column.name}
                scope="col"
                class={column.number ? "number" : undefined}
                aria-sort={sorted?.at === at ? (sorted.down ? "descending" : "ascending") : undefined}
              >
                {column.by === undefined ? (
                  column.name
                ) : (
                  <button type="button" class="heading" onClick={() => turn(at)}>
                    {column.name}
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map((row) => (
            <tr key={props.id(row)} class={props.current === props.id(row) ? "current" : undefined}>
              {props.columns.map((column) => (
                <td key={column.name} data-name={column.name} class={column.number ? "number" : column.words ? "words" : undefined}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shown && (
        <button type="button" class="plain" onClick={() => setShown(shown + SHOWN)}>
          {t(`Show more of ${rows.length}`, `显示更多（共 ${rows.length}）`)}
        </button>
      )}
    </div>
  );
}

function inOrder<R>(
  rows: readonly R[],
  columns: readonly Column<R>[],
  sorted: { at: number; down: boolean } | undefined,
): readonly R[] {
  const by = sorted === undefined ? undefined : columns[sorted.at]?.by;
  if (by === undefined || sorted === undefined) return rows;
  const sign = sorted.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    return x === y ? 0 : (x < y ? -1 : 1) * sign;
  });
}
