import { DeptError } from '../core/dept-error.ts';

/** Where in a scenario file something is wrong. */
export interface ScenarioPlace {
  readonly file: string;
  /** Name of the case, or its number in the file when it has none. */
  readonly scenario?: string;
  readonly context?: string;
  /** Position in the context's `ops`, from 0. */
  readonly opIndex?: number;
  readonly op?: string;
}

/** A scenario file that cannot be read as one: says where, what is wrong, and what was expected. */
export class ScenarioError extends DeptError {
  readonly place: ScenarioPlace;

  constructor(place: ScenarioPlace, what: string) {
    super('ERR_DEPT_SCENARIO', `${describePlace(place)}: ${what}`);
    this.name = 'ScenarioError';
    this.place = place;
  }
}

function describePlace({ file, scenario, context, opIndex, op }: ScenarioPlace): string {
  const parts = [file];
  if (scenario !== undefined) parts.push(`case ${scenario}`);
  if (context !== undefined) parts.push(`context ${context}`);
  if (opIndex !== undefined) parts.push(`op ${opIndex}${op === undefined ? '' : ` "${op}"`}`);
  return parts.join(', ');
}
