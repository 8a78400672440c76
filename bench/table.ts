import { writeFileSync } from 'node:fs';

/** One measured figure. */
export interface Row {
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
  /** The most it may be; null where there is no goal. */
  readonly goal: number | null;
  readonly detail: string;
}

/** The figures of one bench: printed as they come, written as JSON at the end. */
export class Table {
  readonly rows: Row[] = [];

  add(measure: string, value: number, unit: string, goal: number | null = null, detail = ''): void {
    this.rows.push({ measure, value, unit, goal, detail });
    const verdict = goal === null ? '' : `  [<= ${goal}${value <= goal ? '' : ', MISSED'}]`;
    const tail = detail === '' ? '' : `  (${detail})`;
    console.log(`${measure.padEnd(56)} ${value.toFixed(value < 10 ? 2 : 0).padStart(9)} ${unit}${tail}${verdict}`);
  }

  write(path: string | undefined): void {
    if (path !== undefined) writeFileSync(path, `${JSON.stringify(this.rows, null, 2)}\n`);
  }
}
