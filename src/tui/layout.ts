/** The size of the terminal in, the places of the operation screen out. */
import { operationRows } from './components/OperationPanel.js';

export interface Layout {
  readonly operationRows: number;
  /** Rows of the metric cards; undefined: the short table. */
  readonly cardRows: number | undefined;
  /** Rows below: result, decision, agents and events. */
  readonly lowerRows: number;
  /** Widths of the columns below, left to right; the last one is the event log. */
  readonly lowerColumns: readonly number[];
}

/** Below this a screen of panels is no use. */
const panelsFrom = { columns: 60, rows: 15 } as const;
const headerAndHints = 2;
const tableRows = 5;

/** Undefined: too small for panels. `rows` are those that a frame may use. */
export function layoutFor(columns: number, rows: number): Layout | undefined {
  if (columns < panelsFrom.columns || rows < panelsFrom.rows - 1) return undefined;
  const operation = operationRowsFor(rows);
  const cardRows = columns >= 110 && rows >= 30 ? (rows >= 50 ? 12 : 6) : undefined;
  const lowerRows = rows - headerAndHints - operation - (cardRows ?? tableRows);
  return {
    operationRows: operation,
    cardRows,
    lowerRows: Math.max(0, lowerRows),
    lowerColumns: lowerColumnsFor(columns),
  };
}

function operationRowsFor(rows: number): number {
  if (rows >= 34) return operationRows.roomy;
  return rows >= headerAndHints + operationRows.tight + tableRows ? operationRows.tight : operationRows.least;
}

function lowerColumnsFor(columns: number): number[] {
  if (columns >= 160) return [56, 48, columns - 104];
  const left = columns >= 100 ? 44 : 36;
  return [left, columns - left];
}
